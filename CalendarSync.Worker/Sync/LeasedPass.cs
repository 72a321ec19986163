using CalendarSync.Core.Persistence;

namespace CalendarSync.Worker.Sync;

/// <summary>One pass with its heartbeat. The pass runs only as long as the connection is ours.</summary>
internal sealed partial class LeasedPass(SyncWork work, SyncLease lease, TimeSpan leaseDuration, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(4);

    /// <summary>Runs the pass to its end. Throws nothing: what goes wrong with one connection is no business of the others.</summary>
    /// <param name="abort">The worker stops and the grace is over.</param>
    public async Task RunAsync(CancellationToken abort)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(abort);
        using var ended = new CancellationTokenSource();
        var heartbeat = BeatAsync(cancel, ended.Token);
        try
        {
            await work.RunAsync(lease, cancel.Token);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            await ReleaseAsync();
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The lease was lost; the heartbeat has said so. Whoever has it now goes on.
        }
        catch (Exception exception)
        {
            // A defect: passes record their own failures. The lease is kept until it runs out, which is the pause before the next try.
            Log.Crashed(logger, lease.ConnectionId.Value, exception);
        }
        finally
        {
            await ended.CancelAsync();
            await heartbeat;
        }
    }

    /// <summary>
    /// Renews the lease at a third of its length. Losing it only has to stop wasted work: every write of the pass asks for its fence
    /// anyway, so it does no harm when the news come late.
    /// </summary>
    private async Task BeatAsync(CancellationTokenSource cancel, CancellationToken ended)
    {
        var interval = leaseDuration / 3;
        var renewed = time.GetTimestamp();
        while (true)
        {
            await Task.Delay(interval, time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested)
            {
                return;
            }

            var kept = await TryRenewAsync(interval, ended);
            if (kept is true)
            {
                renewed = time.GetTimestamp();
            }
            else if (!ended.IsCancellationRequested && (kept is false || time.GetElapsedTime(renewed) >= leaseDuration))
            {
                Log.Lost(logger, lease.ConnectionId.Value);
                await cancel.CancelAsync();
                return;
            }
        }
    }

    /// <returns><c>null</c> when the database did not answer: the lease may still be ours until its time is over.</returns>
    private async Task<bool?> TryRenewAsync(TimeSpan patience, CancellationToken ended)
    {
        using var timer = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, ended);
        try
        {
            return await work.RenewAsync(lease, either.Token);
        }
        catch (Exception exception)
        {
            if (!ended.IsCancellationRequested)
            {
                Log.NotRenewed(logger, lease.ConnectionId.Value, exception);
            }

            return null;
        }
    }

    private async Task ReleaseAsync()
    {
        using var timer = new CancellationTokenSource(ReleasePatience, time);
        try
        {
            await work.ReleaseAsync(lease, timer.Token);
            Log.Released(logger, lease.ConnectionId.Value);
        }
        catch (Exception exception)
        {
            Log.NotReleased(logger, lease.ConnectionId.Value, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The sync of connection {ConnectionId} broke off")]
        public static partial void Crashed(ILogger logger, Guid connectionId, Exception exception);

        [LoggerMessage(LogLevel.Warning, "Lost the lease on connection {ConnectionId}; its sync is cancelled")]
        public static partial void Lost(ILogger logger, Guid connectionId);

        [LoggerMessage(LogLevel.Warning, "The lease on connection {ConnectionId} could not be renewed; trying again")]
        public static partial void NotRenewed(ILogger logger, Guid connectionId, Exception exception);

        [LoggerMessage(LogLevel.Information, "Gave connection {ConnectionId} back unfinished")]
        public static partial void Released(ILogger logger, Guid connectionId);

        [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId} could not be given back; it is free when its lease runs out")]
        public static partial void NotReleased(ILogger logger, Guid connectionId, Exception exception);
    }
}
