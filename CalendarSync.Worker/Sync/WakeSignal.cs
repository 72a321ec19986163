using System.Threading.Channels;

namespace CalendarSync.Worker.Sync;

/// <summary>Tells the loop that something may be due. Any number of wakes before the loop looks are one.</summary>
internal sealed class WakeSignal(TimeProvider time)
{
    /// <summary>Pause after a wake, so that a burst of edits costs a few looks, not one each. Nobody notices it.</summary>
    public static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(15);

    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(capacity: 1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private long _count;

    /// <summary>Grows with every wake.</summary>
    public long Count => Interlocked.Read(ref _count);

    public void Wake()
    {
        Interlocked.Increment(ref _count);
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Returns after a wake, or after the limit without one.</summary>
    public async Task WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await _signal.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;
        }

        await Task.Delay(Debounce, time, cancellationToken);
        _signal.Reader.TryRead(out _);
    }
}
