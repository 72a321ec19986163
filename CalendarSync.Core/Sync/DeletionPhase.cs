using CalendarSync.Core.Model;
using CalendarSync.Core.Notifications;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CalendarSync.Core.Sync;

/// <summary>
/// Carries out what a pass found gone, after every calendar has been read: an event that went from one calendar and came up in another has
/// moved, and many that went at once may be an accident, as may what a calendar lacks that was gone itself. Cursors move afterwards, so whatever breaks off here is found again.
/// </summary>
internal sealed partial class DeletionPhase(
    RowanDatabase database, InboundApplier applier, NotificationStore notifications, IOptions<DeletionOptions> options, ILogger<DeletionPhase> logger)
{
    private const int PerPage = 500;

    public async Task RunAsync(SyncPass pass, IReadOnlyList<CalendarReading> readings, CancellationToken cancellationToken)
    {
        await MoveAsync(pass, readings, cancellationToken);
        foreach (var reading in readings.Where(r => r.Deleted.Count > 0))
        {
            await DeleteAsync(pass, reading, cancellationToken);
        }
    }

    private async Task MoveAsync(SyncPass pass, IReadOnlyList<CalendarReading> readings, CancellationToken cancellationToken)
    {
        List<EventCopy> candidates = [.. pass.Copies, .. await LoadCopiesOfDeletedAsync(pass, readings, cancellationToken)];
        pass.Copies.Clear();
        if (candidates.Count == 0)
        {
            return;
        }

        var gone = await FindGoneAsync(pass, readings, [.. candidates.Select(c => c.Uid).Distinct()], cancellationToken);
        foreach (var calendar in candidates.Where(c => gone.Contains(c.Uid)).DistinctBy(c => c.Uid).GroupBy(m => m.CalendarId, StringComparer.Ordinal))
        {
            foreach (var page in calendar.Select(m => m.EventId).Chunk(PerPage))
            {
                // What is there now, not what the listing said: the text is not kept that long.
                var there = await pass.Provider.FetchAsync(pass.Account, calendar.Key, page, cancellationToken);
                await applier.ApplyMovesAsync(pass, calendar.Key, [.. there.OfType<RemoteChange.Present>()], cancellationToken);
                await ForgetCopiesAsync(pass, calendar.Key, page, cancellationToken);
            }
        }
    }

    private async Task<IReadOnlyList<EventCopy>> LoadCopiesOfDeletedAsync(
        SyncPass pass, IReadOnlyList<CalendarReading> readings, CancellationToken cancellationToken)
    {
        var copies = new List<EventCopy>();
        if (readings.All(r => r.Deleted.Count == 0))
        {
            return copies;
        }

        await using var transaction = await database.BeginAsServiceAsync(pass.Lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, pass.Lease, cancellationToken);
        foreach (var reading in readings.Where(r => r.Deleted.Count > 0))
        {
            // A copy that is gone itself is no place to go to.
            await EventCopyStore.RemoveAsync(transaction, pass.Lease, reading.CalendarId, reading.Deleted, cancellationToken);
        }

        foreach (var reading in readings.Where(r => r.Deleted.Count > 0))
        {
            copies.AddRange(await EventCopyStore.LoadOfAsync(transaction, pass.Lease, reading.CalendarId, [.. reading.Deleted], cancellationToken));
        }

        await transaction.CommitAsync(cancellationToken);
        return copies;
    }

    /// <summary>The UIDs whose synced event is gone: this pass has seen it go, or its calendar says so when it is asked.</summary>
    private async Task<HashSet<string>> FindGoneAsync(
        SyncPass pass, IReadOnlyList<CalendarReading> readings, string[] uids, CancellationToken cancellationToken)
    {
        IReadOnlyList<EventCopy> originals;
        await using (var transaction = await database.BeginAsServiceAsync(pass.Lease.ConnectionId, cancellationToken))
        {
            originals = await EventCopyStore.LoadOriginalsAsync(transaction, pass.Lease, uids, cancellationToken);
        }

        var deleted = readings.ToDictionary(r => r.CalendarId, r => r.Deleted, StringComparer.Ordinal);
        var seen = originals.Where(o => deleted.TryGetValue(o.CalendarId, out var ids) && ids.Contains(o.EventId)).ToList();
        var gone = seen.Select(o => o.Uid).ToHashSet(StringComparer.Ordinal);
        foreach (var calendar in originals.Except(seen).GroupBy(o => o.CalendarId, StringComparer.Ordinal))
        {
            var answers = await AskAsync(pass, calendar.Key, [.. calendar.Select(o => o.EventId)], cancellationToken);
            gone.UnionWith(calendar.Where(o => answers.Contains(o.EventId)).Select(o => o.Uid));
        }

        return gone;
    }

    private static async Task<HashSet<string>> AskAsync(SyncPass pass, string calendarId, string[] eventIds, CancellationToken cancellationToken)
    {
        try
        {
            var answers = await pass.Provider.FetchAsync(pass.Account, calendarId, eventIds, cancellationToken);
            return answers.OfType<RemoteChange.Deleted>().Select(d => d.ExternalId).ToHashSet(StringComparer.Ordinal);
        }
        catch (ProviderException removed) when (removed.Fault == ProviderFault.Gone)
        {
            // The calendar itself is gone. That alone deletes nothing, but these events have another place.
            return [.. eventIds];
        }
    }

    private async Task ForgetCopiesAsync(SyncPass pass, string calendarId, string[] eventIds, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsServiceAsync(pass.Lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, pass.Lease, cancellationToken);
        await EventCopyStore.RemoveAsync(transaction, pass.Lease, calendarId, eventIds, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task DeleteAsync(SyncPass pass, CalendarReading reading, CancellationToken cancellationToken)
    {
        if (await HoldAsync(pass, reading, cancellationToken))
        {
            await notifications.TellHeldDeletionsAsync(pass.Lease, cancellationToken);
        }

        foreach (var page in reading.Deleted.Chunk(PerPage))
        {
            await applier.ApplyAsync(pass, reading.CalendarId, [.. page.Select(id => new RemoteChange.Deleted(id))], cancellationToken);
        }
    }

    /// <summary>Puts the deletions of living events aside where there are too many. What stays in the reading is to be carried out.</summary>
    private async Task<bool> HoldAsync(SyncPass pass, CalendarReading reading, CancellationToken cancellationToken)
    {
        if (pass.Lease.Direction == SyncDirection.OutboundOnly)
        {
            // What is deleted outside is not deleted in Rowan.
            return false;
        }

        await using var transaction = await database.BeginAsServiceAsync(pass.Lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, pass.Lease, cancellationToken);
        var load = await HeldDeletionStore.WeighInboundAsync(transaction, pass.Lease, reading.CalendarId, [.. reading.Deleted], cancellationToken);
        var holds = (reading.Calendar.Returned && load.Doomed.Count > 0) || options.Value.Hold(load);
        if (holds)
        {
            Log.Held(logger, pass.Lease.ConnectionId.Value, load.Doomed.Count, load.Context.Mapped);
            await HeldDeletionStore.HoldAsync(transaction, pass.Lease, "inbound", [.. load.Doomed], cancellationToken);
        }
        else
        {
            await HeldDeletionStore.CountAsync(transaction, pass.Lease, reading.CalendarId, "inbound", load.Doomed.Count, cancellationToken);
        }

        reading.Deleted.ExceptWith(await HeldDeletionStore.LoadHeldAsync(transaction, pass.Lease, reading.CalendarId, [.. reading.Deleted], cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return holds;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Count} of {Mapped} events are gone from a calendar of connection {ConnectionId}; their deletion is held back")]
        public static partial void Held(ILogger logger, Guid connectionId, int count, int mapped);
    }
}
