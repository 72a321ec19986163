using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;

namespace CalendarSync.Core.Sync;

/// <summary>Reads events again that could not be read, when their next try is due: nothing else would, while their version stays the same.</summary>
internal sealed class RetryPhase(RowanDatabase database, InboundApplier applier, DeletionPhase deletions)
{
    private const int PerPage = 200;

    public async Task RunAsync(SyncPass pass, CancellationToken cancellationToken)
    {
        IReadOnlyList<DueError> due;
        await using (var transaction = await database.BeginAsServiceAsync(pass.Lease.ConnectionId, cancellationToken))
        {
            await LeaseStore.HoldAsync(transaction, pass.Lease, cancellationToken);
            due = await ItemErrorStore.TakeDueAsync(transaction, pass.Lease, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        var synced = pass.Calendars.Select(c => c.ExternalCalendarId).ToHashSet(StringComparer.Ordinal);
        foreach (var calendar in due.Where(d => synced.Contains(d.ExternalCalendarId)).GroupBy(d => d.ExternalCalendarId, StringComparer.Ordinal))
        {
            foreach (var page in calendar.Chunk(PerPage))
            {
                var found = await pass.Provider.FetchAsync(pass.Account, calendar.Key, [.. page.Select(d => d.ExternalEventId)], cancellationToken);
                await applier.ApplyAsync(pass, calendar.Key, [.. found.Where(f => f is not RemoteChange.Deleted)], cancellationToken);
                var gone = found.OfType<RemoteChange.Deleted>().Select(d => d.ExternalId);
                await deletions.RunAsync(pass, [CalendarReading.OfGone(calendar.Key, gone)], cancellationToken);
            }
        }
    }
}
