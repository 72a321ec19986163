using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Queue;
using CalendarSync.Core.Sync.Planning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CalendarSync.Core.Sync;

/// <summary>Brings the external calendars into Rowan, page by page, and moves their cursors.</summary>
internal sealed partial class Importer(
    RowanDatabase database, InboundApplier applier, ProgressReporter progress, IOptions<DeletionOptions> options, ILogger<Importer> logger)
{
    private const int DeletionsPerPage = 500;

    /// <summary>Reads every chosen calendar. A calendar that is gone is listed for the user and does not stop the others.</summary>
    public async Task RunAsync(SyncPass pass, CancellationToken cancellationToken)
    {
        var lease = pass.Lease;
        pass.Pulled = true;
        if (lease.Direction != SyncDirection.OutboundOnly || lease.Full)
        {
            foreach (var calendar in pass.Calendars)
            {
                try
                {
                    await PullAsync(pass, calendar, cancellationToken);
                }
                catch (ProviderException gone) when (gone.Fault == ProviderFault.Gone)
                {
                    Log.CalendarGone(logger, lease.ConnectionId.Value);
                    await ParkCalendarAsync(pass, calendar, gone.Code, gone.Message, cancellationToken);
                }
            }
        }

        if (lease.Full)
        {
            await CompleteFullCompareAsync(lease, cancellationToken);
        }
    }

    private async Task PullAsync(SyncPass pass, ConnectionCalendarRow calendar, CancellationToken cancellationToken)
    {
        var cursor = pass.Lease.Full ? null : calendar.Cursor;
        try
        {
            await PullAsync(pass, calendar, cursor, cancellationToken);
        }
        catch (ProviderException expired) when (expired.Fault == ProviderFault.CursorExpired && cursor is not null)
        {
            Log.CursorExpired(logger, pass.Lease.ConnectionId.Value);
            await PullAsync(pass, calendar, cursor: null, cancellationToken);
        }
    }

    private async Task PullAsync(SyncPass pass, ConnectionCalendarRow calendar, string? cursor, CancellationToken cancellationToken)
    {
        var (connection, calendarId) = (pass.Lease.ConnectionId, calendar.ExternalCalendarId);
        var request = new PullRequest(
            calendarId,
            cursor,
            async token => await MappingStore.LoadKnownAsync(database, connection, calendarId, token),
            pass.ZoneOf(calendarId));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var complete = false;
        string? next = null;
        var done = 0;
        await foreach (var page in pass.Provider.PullAsync(pass.Account, request, cancellationToken))
        {
            await applier.ApplyAsync(pass, calendarId, page.Changes, cancellationToken);
            seen.UnionWith(page.Changes.Select(c => c.ExternalId));
            seen.UnionWith(page.Unchanged);
            complete |= page.IsComplete;
            next = page.NextCursor ?? next;
            done += page.Changes.Length;
            if (done > 0)
            {
                await progress.ReportAsync(pass, SyncPhase.Importing, done, page.Total ?? done, cancellationToken);
            }
        }

        // Only here is the listing known to be complete: what it lacks was deleted. Had it broken off, no deletion would be proved.
        if (complete && next is not null)
        {
            var known = await MappingStore.LoadIdsAsync(database, connection, calendarId, cancellationToken);
            string[] absent = [.. known.Where(id => !seen.Contains(id))];
            if (DeletionGuard.Holds(absent.Length, known.Count, options.Value.MinCount, options.Value.MaxShare))
            {
                // Nothing is deleted, and the cursor stays, so the next pass compares again and finds out whether they are back.
                Log.DeletionsHeld(logger, connection.Value, absent.Length, known.Count);
                await ParkCalendarAsync(pass, calendar, "deletions_held", $"{absent.Length} of {known.Count} events are missing from this calendar all at once, so they were kept in Rowan. If you deleted them yourself, delete them in Rowan too.", cancellationToken);
                return;
            }

            foreach (var gone in absent.Chunk(DeletionsPerPage))
            {
                await applier.ApplyAsync(pass, calendarId, [.. gone.Select(id => new RemoteChange.Deleted(id))], cancellationToken);
            }
        }

        if (next is not null && (next != calendar.Cursor || complete))
        {
            await MoveCursorAsync(pass.Lease, calendarId, next, complete, cancellationToken);
        }
    }

    private async Task MoveCursorAsync(SyncLease lease, string calendarId, string cursor, bool complete, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsServiceAsync(lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
        await ConnectionCalendarStore.MoveCursorAsync(transaction, lease, calendarId, cursor, complete, cancellationToken);
        await ItemErrorStore.ResolveInboundAsync(transaction, lease, calendarId, [CalendarItself], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
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
                    ExternalEventId = CalendarItself,
                    Code = code,
                    Message = message,
                },
            ],
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        pass.Add(new PassOutcome { Failed = 1 });
    }

    // The error of a whole calendar stands under no event of it.
    private const string CalendarItself = "";

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The cursor of connection {ConnectionId} has expired; comparing the whole calendar")]
        public static partial void CursorExpired(ILogger logger, Guid connectionId);

        [LoggerMessage(LogLevel.Warning, "{Absent} of {Known} events are missing from a calendar of connection {ConnectionId}; their deletion is held back")]
        public static partial void DeletionsHeld(ILogger logger, Guid connectionId, int absent, int known);

        [LoggerMessage(LogLevel.Warning, "A calendar of connection {ConnectionId} does not exist any more")]
        public static partial void CalendarGone(ILogger logger, Guid connectionId);
    }
}
