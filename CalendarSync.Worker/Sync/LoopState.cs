namespace CalendarSync.Worker.Sync;

/// <summary>What a health check can see of a background loop: a loop that dies or hangs does so silently.</summary>
internal sealed class LoopState(TimeProvider time)
{
    private long _lastSign = time.GetTimestamp();
    private int _failures;
    private volatile bool _ended;

    /// <summary>Iterations that failed since the last one that did not.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>The loop is not running any more, for whatever reason.</summary>
    public bool HasEnded => _ended;

    /// <summary>Time since the loop last showed that it is alive.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref _lastSign));

    public void Succeeded()
    {
        Volatile.Write(ref _failures, 0);
        ShowLife();
    }

    public void Failed()
    {
        Interlocked.Increment(ref _failures);
        ShowLife();
    }

    public void Ended() => _ended = true;

    private void ShowLife() => Interlocked.Exchange(ref _lastSign, time.GetTimestamp());
}
