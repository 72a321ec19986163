using CalendarSync.Core.Coordination;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;

namespace CalendarSync.Core.Sync;

/// <summary>
/// Tells people how far a pass is: the row for those who look later, the channel for those who watch. Only of passes that somebody waits
/// for; ordinary ones are too short to watch.
/// </summary>
internal sealed class ProgressReporter(RowanDatabase database, ProgressChannel channel)
{
    /// <summary>Reports a step.</summary>
    public Task ReportAsync(SyncPass pass, string phase, int done, int total, CancellationToken cancellationToken) =>
        SendAsync(pass.Lease, new SyncProgress(phase, done, Math.Max(done, total), Describe(phase, done, Math.Max(done, total))), cancellationToken);

    /// <summary>
    /// Reports that the pass ended without finishing, so that nobody goes on waiting for it. A first import is tried again by itself until it
    /// is complete, and who watches that goes on watching.
    /// </summary>
    public Task ReportEndAsync(SyncLease lease, string message, CancellationToken cancellationToken) =>
        lease.Initial ? Task.CompletedTask : SendAsync(lease, new SyncProgress(SyncPhase.Done, 0, 0, message), cancellationToken);

    private async Task SendAsync(SyncLease lease, SyncProgress step, CancellationToken cancellationToken)
    {
        if (!lease.Full && !lease.Requested)
        {
            return;
        }

        await database.QueryAsServiceAsync<Guid>(
            "update calendar_connections set progress = @progress::jsonb where id = @id and fence = @fence returning id",
            new { progress = JsonRows.FromOne(step), id = lease.ConnectionId.Value, lease.Fence },
            cancellationToken);
        await channel.PublishAsync(lease.ConnectionId, step, cancellationToken);
    }

    private static string Describe(string phase, int done, int total) => phase switch
    {
        SyncPhase.Listing => "Reading your calendar...",
        SyncPhase.Done => $"Calendar synced. {done} {(done == 1 ? "event" : "events")} processed.",
        _ => $"Syncing calendar... {done}/{total} events",
    };
}
