using System.Collections.Concurrent;
using CalendarSync.Core.Persistence;
using Microsoft.Extensions.Options;

namespace CalendarSync.Worker.Sync;

/// <summary>
/// Claims due connections and runs their passes, a bounded number at a time. Looks whenever it is woken, and at the poll interval
/// because notifications can be missed.
/// </summary>
internal sealed partial class SyncLoop(
    SyncWork work,
    WakeSignal wake,
    [FromKeyedServices(SyncLoop.StateKey)] LoopState state,
    IOptions<WorkerOptions> options,
    TimeProvider time,
    ILogger<SyncLoop> logger) : BackgroundService
{
    public const string StateKey = "sync-loop";

    private readonly ConcurrentDictionary<Guid, Task> _running = new();
    private readonly WorkerOptions _options = options.Value;

    /// <summary>Passes that run now.</summary>
    public int Running => _running.Count;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Passes outlive the request to stop by the grace period: they have a token of their own.
        using var abort = new CancellationTokenSource();
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await IterateAsync(abort.Token, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The request to stop.
        }
        finally
        {
            state.Ended();
            await DrainAsync(abort);
        }
    }

    private async Task IterateAsync(CancellationToken abort, CancellationToken stopping)
    {
        try
        {
            await ClaimAsync(abort, stopping);
            state.Succeeded();
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            // Whatever it is (the database is away, a defect of ours): the loop goes on, and the health check counts.
            state.Failed();
            Log.ClaimFailed(logger, state.Failures, state.Failures == 1 ? exception : null);
            await Task.Delay(Backoff.After(state.Failures), time, stopping);
            return;
        }

        await wake.WaitAsync(_options.PollInterval, stopping);
    }

    /// <summary>Claims as many as there are free slots. When all slots are taken, whoever ends first wakes the loop.</summary>
    private async Task ClaimAsync(CancellationToken abort, CancellationToken stopping)
    {
        var free = _options.MaxConcurrentSyncs - _running.Count;
        if (free <= 0)
        {
            return;
        }

        var seen = wake.Count;
        var leases = await work.ClaimAsync(free, stopping);
        var saturated = leases.Count == free;
        foreach (var lease in leases)
        {
            var id = Guid.NewGuid();
            var started = new TaskCompletionSource();
            _running[id] = RunAsync(id, lease, seen, saturated, started.Task, abort);
            started.SetResult();
        }
    }

    private async Task RunAsync(Guid id, SyncLease lease, long seen, bool saturated, Task started, CancellationToken abort)
    {
        // Not before it is in the dictionary, or its end would find nothing to remove. Also moves the pass off the loop's own thread.
        await started.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await new LeasedPass(work, lease, _options.LeaseDuration, time, logger).RunAsync(abort);
        }
        finally
        {
            _running.TryRemove(id, out _);

            // While the pass held the connection, a wake for it claimed nothing; and a free slot is of use to whoever waits for one.
            if (saturated || wake.Count != seen)
            {
                wake.Wake();
            }
        }
    }

    private async Task DrainAsync(CancellationTokenSource abort)
    {
        var running = Task.WhenAll(_running.Values);
        if (running.IsCompleted)
        {
            return;
        }

        Log.Draining(logger, _running.Count, _options.ShutdownGrace.TotalSeconds);
        using (var grace = new CancellationTokenSource(_options.ShutdownGrace, time))
        {
            await running.WaitAsync(grace.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Those that are not done give their lease back, which is quick; nothing of them is a failure.
        await abort.CancelAsync();
        await running;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Due connections could not be claimed ({Failures} times in a row); trying again")]
        public static partial void ClaimFailed(ILogger logger, int failures, Exception? exception);

        [LoggerMessage(LogLevel.Information, "Stopping: {Count} running syncs have up to {Seconds} seconds to finish")]
        public static partial void Draining(ILogger logger, int count, double seconds);
    }
}
