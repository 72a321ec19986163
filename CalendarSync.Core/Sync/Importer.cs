using System.Runtime.ExceptionServices;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Queue;
using Microsoft.Extensions.Logging;

namespace CalendarSync.Core.Sync;

/// <summary>
/// Brings the external calendars into Rowan: what is there page by page, what is gone once all have been read, and then moves their
/// cursors.
/// </summary>
internal sealed partial class Importer(
    RowanDatabase database, InboundApplier applier, DeletionPhase deletions, DecisionPhase decisions, ProgressReporter progress, ILogger<Importer> logger)
{
    /// <summary>Reads every chosen calendar. One that is gone or cannot be read now does not stop the others.</summary>
    /// <exception cref="ProviderException">A calendar could not be read. What the others said is recorded.</exception>
    public async Task RunAsync(SyncPass pass, CancellationToken cancellationToken)
    {
        var lease = pass.Lease;
        pass.Pulled = true;
        var failure = (ExceptionDispatchInfo?)null;
        if (pass.Calendars.Any(c => IsRead(lease, c)))
        {
            var readings = new List<CalendarReading>();
            foreach (var calendar in pass.Calendars.Where(c => IsRead(lease, c)))
            {
                try
                {
                    readings.Add(await PullAsync(pass, calendar, cancellationToken));
                }
                catch (ProviderException gone) when (gone.Fault == ProviderFault.Gone)
                {
                    Log.CalendarGone(logger, lease.ConnectionId.Value);
                    await ParkCalendarAsync(pass, calendar, gone.Code, gone.Message, cancellationToken);
                }
                catch (ProviderException broken) when (broken.Fault is ProviderFault.Transient or ProviderFault.Permanent)
                {
                    failure ??= ExceptionDispatchInfo.Capture(broken);
                }
            }

            await deletions.RunAsync(pass, readings, cancellationToken);
            foreach (var reading in readings.Where(r => r.Cursor is not null && (r.Cursor != r.Calendar.Cursor || r.IsComplete)))
            {
                await MoveCursorAsync(pass, reading, cancellationToken);
            }
        }

        failure?.Throw();
        if (lease.Decided)
        {
            await decisions.RunAsync(pass, cancellationToken);
        }

        if (lease.Full)
        {
            await CompleteFullCompareAsync(lease, cancellationToken);
        }
    }

    // Where nothing comes in, a calendar is read once, for what is in it already.
    private static bool IsRead(SyncLease lease, ConnectionCalendarRow calendar) =>
        lease.Direction != SyncDirection.OutboundOnly || lease.Full || calendar.Cursor is null;

    private async Task<CalendarReading> PullAsync(SyncPass pass, ConnectionCalendarRow calendar, CancellationToken cancellationToken)
    {
        var cursor = pass.Lease.Full ? null : calendar.Cursor;
        try
        {
            return await PullAsync(pass, calendar, cursor, cancellationToken);
        }
        catch (ProviderException expired) when (expired.Fault == ProviderFault.CursorExpired && cursor is not null)
        {
            Log.CursorExpired(logger, pass.Lease.ConnectionId.Value);
            return await PullAsync(pass, calendar, cursor: null, cancellationToken);
        }
    }

    private async Task<CalendarReading> PullAsync(SyncPass pass, ConnectionCalendarRow calendar, string? cursor, CancellationToken cancellationToken)
    {
        var (connection, calendarId) = (pass.Lease.ConnectionId, calendar.ExternalCalendarId);
        var request = new PullRequest(
            calendarId,
            cursor,
            async token => await MappingStore.LoadKnownAsync(database, connection, calendarId, token),
            pass.ZoneOf(calendarId));
        var reading = new CalendarReading(calendar);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var done = 0;
        await foreach (var page in pass.Provider.PullAsync(pass.Account, request, cancellationToken))
        {
            await applier.ApplyAsync(pass, calendarId, [.. page.Changes.Where(c => c is not RemoteChange.Deleted)], cancellationToken);
            foreach (var change in page.Changes)
            {
                // The last word about an event counts: it may have been deleted and made again.
                _ = change is RemoteChange.Deleted ? reading.Deleted.Add(change.ExternalId) : reading.Deleted.Remove(change.ExternalId);
            }

            seen.UnionWith(page.Changes.Select(c => c.ExternalId));
            seen.UnionWith(page.Unchanged);
            reading.IsComplete |= page.IsComplete;
            reading.Cursor = page.NextCursor ?? reading.Cursor;
            done += page.Changes.Length;
            if (done > 0)
            {
                await progress.ReportAsync(pass, SyncPhase.Importing, done, page.Total ?? done, cancellationToken);
            }
        }

        // Only here is the listing known to be complete: what it lacks was deleted. Had it broken off, no deletion would be proved.
        if (reading is { IsComplete: true, Cursor: not null })
        {
            var known = await MappingStore.LoadIdsAsync(database, connection, calendarId, cancellationToken);
            reading.Deleted.UnionWith(known.Where(id => !seen.Contains(id)));
        }

        return reading;
    }

    private async Task MoveCursorAsync(SyncPass pass, CalendarReading reading, CancellationToken cancellationToken)
    {
        var lease = pass.Lease;
        await using var transaction = await database.BeginAsServiceAsync(lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
        await ConnectionCalendarStore.MoveCursorAsync(transaction, lease, reading.CalendarId, reading.Cursor, reading.IsComplete, cancellationToken);
        await ItemErrorStore.ResolveInboundAsync(transaction, lease, reading.CalendarId, [ItemErrorStore.CalendarItself], cancellationToken);

        // New, chosen again or back. A full compare of the connection queues all of its events anyway.
        var waiting = reading is { IsComplete: true, Calendar.Cursor: null } && !lease.Full
            ? await OutboundQueue.EnqueueCalendarAsync(transaction, lease, reading.CalendarId, cancellationToken)
            : 0;
        await transaction.CommitAsync(cancellationToken);
        pass.MayPush |= waiting > 0;
    }

    // From here on Rowan's events may go out. They are queued in the same transaction, so a crash cannot leave one and not the other.
    private async Task CompleteFullCompareAsync(SyncLease lease, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsServiceAsync(lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
        await OutboundQueue.EnqueueSpaceAsync(transaction, lease, cancellationToken);
        await PassStore.CompleteImportAsync(transaction, lease, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task ParkCalendarAsync(SyncPass pass, ConnectionCalendarRow calendar, string code, string message, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsServiceAsync(pass.Lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, pass.Lease, cancellationToken);
        await ItemErrorStore.OpenAsync(
            transaction,
            pass.Lease,
            [
                new ItemErrorRow
                {
                    Direction = "inbound",
                    Operation = "read",
                    ExternalCalendarId = calendar.ExternalCalendarId,
                    ExternalEventId = ItemErrorStore.CalendarItself,
                    Code = code,
                    Message = message,
                },
            ],
            cancellationToken);
        await ConnectionCalendarStore.DistrustListAsync(transaction, pass.Lease, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        pass.Add(new PassOutcome { Failed = 1 });
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The cursor of connection {ConnectionId} has expired; comparing the whole calendar")]
        public static partial void CursorExpired(ILogger logger, Guid connectionId);

        [LoggerMessage(LogLevel.Warning, "A calendar of connection {ConnectionId} does not exist any more")]
        public static partial void CalendarGone(ILogger logger, Guid connectionId);
    }
}
