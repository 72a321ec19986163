using CalendarSync.Core.Coordination;
using CalendarSync.Core.Persistence;

namespace CalendarSync.Core.Sync;

/// <summary>Tells people how far a pass is: the row for those who look later, the channel for those who watch.</summary>
internal sealed class ProgressReporter(RowanDatabase database, ProgressChannel channel)
{
    /// <summary>Reports progress of a pass that somebody waits for; ordinary passes are too short to watch.</summary>
    public async Task ReportAsync(SyncPass pass, string phase, int done, int total, CancellationToken cancellationToken)
    {
        if (!pass.Lease.Full && !pass.Lease.Requested)
        {
            return;
        }

        var step = new SyncProgress(phase, done, Math.Max(done, total), Describe(phase, done, Math.Max(done, total)));
        await database.QueryAsServiceAsync<Guid>(
            "update calendar_connections set progress = @progress::jsonb where id = @id and fence = @fence returning id",
            new { progress = JsonRows.FromOne(step), id = pass.Lease.ConnectionId.Value, pass.Lease.Fence },
            cancellationToken);
        await channel.PublishAsync(pass.Lease.ConnectionId, step, cancellationToken);
    }

    private static string Describe(string phase, int done, int total) => phase switch
    {
        SyncPhase.Listing => "Reading your calendar...",
        SyncPhase.Done => $"Calendar synced. {done} {(done == 1 ? "event" : "events")} processed.",
        _ => $"Syncing calendar... {done}/{total} events",
    };
}
