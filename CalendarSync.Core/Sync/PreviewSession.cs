using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NodaTime;
using Npgsql;

namespace CalendarSync.Core.Sync;

/// <summary>
/// Finds out what a full sync would do: the calendars are listed whole, and the planners of a real pass decide over one read-only snapshot of
/// the database. It takes no lease, so it neither waits for a pass nor keeps one waiting, and it can write nothing: its lease has a fence that
/// no connection ever has.
/// </summary>
public sealed partial class PreviewSession
{
    private readonly RowanDatabase _database;
    private readonly LeaseStore _leases;
    private readonly PreviewStore _store;
    private readonly PassFactory _passes;
    private readonly Duration _sameEditWindow;
    private readonly DeletionOptions _deletions;
    private readonly TimeProvider _time;
    private readonly ILogger<PreviewSession> _logger;

    internal PreviewSession(
        RowanDatabase database,
        LeaseStore leases,
        PreviewStore store,
        PassFactory passes,
        IOptions<ConflictOptions> conflicts,
        IOptions<DeletionOptions> deletions,
        TimeProvider time,
        ILogger<PreviewSession> logger)
    {
        _database = database;
        _leases = leases;
        _store = store;
        _passes = passes;
        _sameEditWindow = Duration.FromTimeSpan(conflicts.Value.SameEditWindow);
        _deletions = deletions.Value;
        _time = time;
        _logger = logger;
    }

    /// <summary>How long one may take.</summary>
    public static Duration Limit { get; } = Duration.FromMinutes(2);

    /// <summary>Answers one question, with a preview or with the reason why there is none.</summary>
    /// <exception cref="OperationCanceledException">The worker stops. The question was given back.</exception>
    public async Task RunAsync(PreviewRequest request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit.ToTimeSpan(), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (await _leases.ReadAsync(request.Connection, either.Token) is { } lease)
            {
                var preview = await MakeAsync(_passes.Open(lease), either.Token);
                await _store.CompleteAsync(request, preview.ToPreview(), either.Token);
                Log.Made(_logger, request.Connection.Value);
            }
            else
            {
                await _store.FailAsync(request, "connection_disconnected", "The calendar is not connected any more.", either.Token);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await TryAsync(request, _store.ReleaseAsync(request, CancellationToken.None));
            throw;
        }
        catch (Exception exception)
        {
            var (code, message) = Classify(exception);
            Log.Failed(_logger, request.Connection.Value, code, exception is ProviderException or VaultException ? null : exception);
            await TryAsync(request, _store.FailAsync(request, code, message, CancellationToken.None));
        }
    }

    private async Task<PreviewBuilder> MakeAsync(SyncPass pass, CancellationToken cancellationToken)
    {
        var builder = new PreviewBuilder(pass);
        var listings = new List<Listing>();
        foreach (var calendar in pass.Calendars)
        {
            if (await ListAsync(pass, calendar.ExternalCalendarId, cancellationToken) is { } listing)
            {
                listings.Add(listing);
            }
            else
            {
                builder.Skip();
            }
        }

        // After the listings: what a running pass has recorded meanwhile is no news in them.
        await using var snapshot = await _database.BeginSnapshotAsync(cancellationToken);
        foreach (var listing in listings)
        {
            await PlanPresentAsync(snapshot, pass, listing, builder, cancellationToken);
        }

        // As in a pass: what is gone from one calendar may have come up in another, so all of them come first.
        foreach (var listing in listings)
        {
            await FindGoneAsync(snapshot, pass, listing, cancellationToken);
        }

        foreach (var listing in listings.Where(l => l.Gone.Count > 0))
        {
            await PlanGoneAsync(snapshot, pass, listing, listings, builder, cancellationToken);
        }

        pass.Pulled = true;
        await PlanOutboundAsync(snapshot, pass, builder, cancellationToken);
        return builder;
    }

    /// <returns><c>null</c> when the calendar is gone, which a pass lists for the user and passes over.</returns>
    private async Task<Listing?> ListAsync(SyncPass pass, string calendarId, CancellationToken cancellationToken)
    {
        var (connection, changes, named) = (pass.Lease.ConnectionId, new List<RemoteChange>(), new HashSet<string>(StringComparer.Ordinal));
        var request = new PullRequest(
            calendarId, Cursor: null, async token => await MappingStore.LoadKnownAsync(_database, connection, calendarId, token), pass.ZoneOf(calendarId));
        var complete = false;
        try
        {
            await foreach (var page in pass.Provider.PullAsync(pass.Account, request, cancellationToken))
            {
                changes.AddRange(page.Changes);
                named.UnionWith(page.Changes.Select(c => c.ExternalId));
                named.UnionWith(page.Unchanged);
                complete |= page.IsComplete;
            }
        }
        catch (ProviderException gone) when (gone.Fault == ProviderFault.Gone)
        {
            return null;
        }

        // An event may change between two pages and stand on both: the later one counts.
        return new Listing(calendarId, [.. changes.GroupBy(c => c.ExternalId, StringComparer.Ordinal).Select(g => g.Last())], named, complete);
    }

    private async Task PlanPresentAsync(
        RowanTransaction snapshot, SyncPass pass, Listing listing, PreviewBuilder builder, CancellationToken cancellationToken)
    {
        List<RemoteChange> present = [.. listing.Changes.Where(c => c is not RemoteChange.Deleted)];
        var state = await InboundApplier.LoadAsync(snapshot, pass, listing.CalendarId, present, forWriting: false, cancellationToken);
        builder.Add(InboundPlanner.Plan(pass, listing.CalendarId, builder.Without(state), present, _sameEditWindow, moves: false), state);
    }

    private static async Task FindGoneAsync(RowanTransaction snapshot, SyncPass pass, Listing listing, CancellationToken cancellationToken)
    {
        listing.Gone.UnionWith(listing.Changes.OfType<RemoteChange.Deleted>().Select(c => c.ExternalId));
        if (listing.IsComplete)
        {
            var known = await MappingStore.LoadIdsAsync(snapshot, pass.Lease.ConnectionId, listing.CalendarId, cancellationToken);
            listing.Gone.UnionWith(known.Where(id => !listing.Named.Contains(id)));
        }
    }

    private async Task PlanGoneAsync(
        RowanTransaction snapshot, SyncPass pass, Listing listing, List<Listing> all, PreviewBuilder builder, CancellationToken cancellationToken)
    {
        var remembered = await EventCopyStore.LoadOfAsync(snapshot, pass.Lease, listing.CalendarId, [.. listing.Gone], cancellationToken);
        var elsewhere = remembered
            .Where(copy => !all.Any(l => l.CalendarId == copy.CalendarId && l.Gone.Contains(copy.EventId)))
            .Select(copy => copy.Uid)
            .Concat(builder.CopiedUids)
            .ToHashSet(StringComparer.Ordinal);
        List<RemoteChange> gone = [.. listing.Gone.Select(id => new RemoteChange.Deleted(id))];
        var state = await InboundApplier.LoadAsync(snapshot, pass, listing.CalendarId, gone, forWriting: false, cancellationToken);
        var moved = state.Mappings.Where(m => m.IcalUid is { } uid && elsewhere.Contains(uid)).Select(m => m.ExternalEventId).ToHashSet(StringComparer.Ordinal);
        gone.RemoveAll(change => moved.Contains(change.ExternalId));

        var held = pass.Lease.Direction != SyncDirection.OutboundOnly
            && _deletions.Hold(await HeldDeletionStore.WeighInboundAsync(
                snapshot, pass.Lease, listing.CalendarId, [.. gone.Select(c => c.ExternalId)], cancellationToken));
        builder.AddGone(InboundPlanner.Plan(pass, listing.CalendarId, state, gone, _sameEditWindow, moves: false), state, held);
    }

    private async Task PlanOutboundAsync(RowanTransaction snapshot, SyncPass pass, PreviewBuilder builder, CancellationToken cancellationToken)
    {
        foreach (var ids in (await Queue.OutboundQueue.ListSpaceAsync(snapshot, pass.Lease, cancellationToken)).Chunk(500))
        {
            var mappings = await MappingStore.LoadByRowanAsync(snapshot, pass.Lease.ConnectionId, ids, cancellationToken);
            var rows = await SyncedEventStore.LoadAsync(snapshot, ids, cancellationToken);
            builder.AddOutbound(ids, mappings, rows);
        }

        foreach (var calendar in builder.OutboundDeletes.GroupBy(d => d.CalendarId, StringComparer.Ordinal))
        {
            var load = await HeldDeletionStore.WeighOutboundAsync(snapshot, pass.Lease, calendar.Key, cancellationToken);
            builder.AddOutboundDeletes([.. calendar], _deletions.Hold(load, calendar.Count()));
        }
    }

    private static (string Code, string Message) Classify(Exception exception) => exception switch
    {
        ProviderException fault => (fault.Code, fault.Message),
        VaultException => ("credentials_unreadable", "The stored password cannot be read any more. Please reconnect."),
        OperationCanceledException => ("timeout", "Reading the calendar takes too long for a preview."),
        _ => ("internal_error", "Something went wrong on our side. Please try again."),
    };

    private async Task TryAsync(PreviewRequest request, Task storing)
    {
        try
        {
            await storing;
        }
        catch (Exception unreachable) when (unreachable is NpgsqlException or TimeoutException)
        {
            // Another worker takes the question on when the claim has run out.
            Log.NotStored(_logger, request.Connection.Value, unreachable);
        }
    }

    /// <summary>What a calendar holds, as far as it differs from what we know.</summary>
    private sealed record Listing(string CalendarId, IReadOnlyList<RemoteChange> Changes, HashSet<string> Named, bool IsComplete)
    {
        /// <summary>What we know of it and is not there any more.</summary>
        public HashSet<string> Gone { get; } = new(StringComparer.Ordinal);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Made a preview for connection {ConnectionId}")]
        public static partial void Made(ILogger logger, Guid connectionId);

        [LoggerMessage(LogLevel.Warning, "The preview for connection {ConnectionId} failed: {Code}")]
        public static partial void Failed(ILogger logger, Guid connectionId, string code, Exception? exception);

        [LoggerMessage(LogLevel.Warning, "The answer to a preview of connection {ConnectionId} could not be stored")]
        public static partial void NotStored(ILogger logger, Guid connectionId, Exception exception);
    }
}
