using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Queue;

namespace CalendarSync.Core.Sync;

/// <summary>Acts on what a person decided about deletions that were held back, after the calendars have been read: some may be back.</summary>
internal sealed class DecisionPhase(RowanDatabase database, InboundApplier applier)
{
    private const int PerPage = 500;

    public async Task RunAsync(SyncPass pass, CancellationToken cancellationToken)
    {
        IReadOnlyList<DecidedDeletion> decided;
        await using (var transaction = await database.BeginAsServiceAsync(pass.Lease.ConnectionId, cancellationToken))
        {
            decided = await HeldDeletionStore.TakeDecidedAsync(transaction, pass.Lease, cancellationToken);
        }

        await DeleteInRowanAsync(pass, [.. decided.Where(d => d is { Direction: "inbound", Approved: true })], cancellationToken);
        foreach (var page in decided.Where(d => d is not { Direction: "inbound", Approved: true }).Chunk(PerPage))
        {
            await DecideAsync(pass, page, cancellationToken);
        }
    }

    // The mapping of a deleted event goes, and with it the question.
    private async Task DeleteInRowanAsync(SyncPass pass, List<DecidedDeletion> deletions, CancellationToken cancellationToken)
    {
        foreach (var calendar in deletions.GroupBy(d => d.ExternalCalendarId, StringComparer.Ordinal))
        {
            foreach (var page in calendar.Chunk(PerPage))
            {
                await applier.ApplyAsync(pass, calendar.Key, [.. page.Select(d => new RemoteChange.Deleted(d.ExternalEventId))], cancellationToken);
            }
        }
    }

    private async Task DecideAsync(SyncPass pass, IReadOnlyList<DecidedDeletion> page, CancellationToken cancellationToken)
    {
        var (lease, connection) = (pass.Lease, pass.Lease.ConnectionId);
        var keptInRowan = page.Where(d => d.Direction == "inbound").ToList();
        var approved = page.Where(d => d is { Direction: "outbound", Approved: true }).ToList();
        var restored = page.Where(d => d is { Direction: "outbound", Approved: false, RowExists: true }).ToList();
        var purged = page.Where(d => d is { Direction: "outbound", Approved: false, RowExists: false }).ToList();

        await using var transaction = await database.BeginAsServiceAsync(connection, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);

        // Kept in Rowan: a new life under a new identity, so that no old tombstone reaches it.
        await SyncedEventStore.BeginNewLifeAsync(transaction, [.. keptInRowan.Select(d => d.MappingId)], cancellationToken);
        await MappingStore.DeleteAsync(transaction, [.. keptInRowan.Concat(purged).Select(d => d.MappingId)], cancellationToken);
        await SyncedEventStore.RestoreAsync(transaction, [.. restored.Select(d => d.RowanEventId)], cancellationToken);
        await HeldDeletionStore.ReleaseAsync(transaction, [.. restored.Select(d => d.MappingId)], cancellationToken);
        await HeldDeletionStore.ApproveOutboundAsync(transaction, [.. approved.Select(d => d.MappingId)], cancellationToken);
        await OutboundQueue.EnqueueAsync(transaction, lease, [.. keptInRowan.Concat(approved).Concat(restored).Select(d => d.RowanEventId)], cancellationToken);
        if (purged.Count > 0)
        {
            // Deleted in Rowan for good, and wanted back: the calendar has the only copy, and a full compare imports it.
            await PassStore.RequestFullAsync(transaction, lease, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        pass.MayPush = true;
    }
}
