using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Queue;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NodaTime;

namespace CalendarSync.Core.Sync;

/// <summary>
/// Keeps the calendars of a connection in line with those of its account: added, renamed, made read-only, removed, back again. A calendar
/// that is gone deletes nothing in Rowan: that nobody lists it is no proof that somebody deleted its events (scenarios 14 to 21).
/// </summary>
internal sealed partial class CalendarDirectory(RowanDatabase database, IOptions<SyncOptions> options, ILogger<CalendarDirectory> logger)
{
    private readonly Duration _interval = Duration.FromTimeSpan(options.Value.CalendarListInterval);

    /// <summary>Reads the list where it is due; an ordinary pass does without that request.</summary>
    /// <exception cref="ProviderException">The account cannot be used, or has to wait: its calendars would say the same.</exception>
    public async Task RefreshAsync(SyncPass pass, CancellationToken cancellationToken)
    {
        var lease = pass.Lease;
        var isDue = lease.Full || lease.Requested || lease.SinceList is not { } age || age >= _interval;
        if (!isDue || await TryListAsync(pass, cancellationToken) is not { } listed)
        {
            return;
        }

        await using var transaction = await database.BeginAsServiceAsync(lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
        var changed = (await ConnectionCalendarStore.ApplyListAsync(transaction, lease, listed, cancellationToken))
            .ToLookup(c => c.Change, StringComparer.Ordinal);
        List<ListedCalendar> removed = [.. changed["removed"]];
        await ItemErrorStore.OpenAsync(transaction, lease, [.. removed.Select(Gone)], cancellationToken);
        foreach (var returned in changed["returned"])
        {
            await ItemErrorStore.ResolveInboundAsync(transaction, lease, returned.ExternalCalendarId, [ItemErrorStore.CalendarItself], cancellationToken);
        }

        // What waited for one of these waits no more: it can be written, or its event is put aside, or made in another calendar.
        var waited = await OutboundQueue.ReleaseAsync(transaction, lease, [.. changed.SelectMany(c => c).Select(c => c.ExternalCalendarId)], cancellationToken);
        var (calendars, released) = await ConnectionCalendarStore.SettleAsync(transaction, lease, cancellationToken);
        await transaction.CommitAsync(cancellationToken);

        pass.Calendars = calendars;
        pass.MayPush |= waited + released > 0;
        pass.Add(new PassOutcome { Failed = removed.Count });
        if (changed.Count > 0)
        {
            Log.Changed(logger, lease.ConnectionId.Value, removed.Count, changed["returned"].Count());
        }
    }

    /// <returns><c>null</c> when the list is not known now. Then the calendars that we know go on being synced.</returns>
    private async Task<IReadOnlyCollection<RemoteCalendar>?> TryListAsync(SyncPass pass, CancellationToken cancellationToken)
    {
        try
        {
            var listed = await pass.Provider.ListCalendarsAsync(pass.Account, cancellationToken);
            if (!listed.IsEmpty)
            {
                return listed;
            }

            // A server that answers nothing without an error is the best known way to lose everything (scenario 14).
            Log.Empty(logger, pass.Lease.ConnectionId.Value);
        }
        catch (ProviderException unknown) when (unknown.Fault is not (ProviderFault.AuthExpired or ProviderFault.RateLimited))
        {
            Log.Unknown(logger, pass.Lease.ConnectionId.Value, unknown.Code);
        }

        return null;
    }

    private static ItemErrorRow Gone(ListedCalendar calendar) => new()
    {
        Direction = "inbound",
        Operation = "read",
        ExternalCalendarId = calendar.ExternalCalendarId,
        ExternalEventId = ItemErrorStore.CalendarItself,
        Title = calendar.Name,
        Code = "calendar_gone",
        Message = "This calendar does not exist any more. Its events stay in Rowan.",
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The calendars of connection {ConnectionId} have changed: {Removed} are gone, {Returned} are back")]
        public static partial void Changed(ILogger logger, Guid connectionId, int removed, int returned);

        [LoggerMessage(LogLevel.Warning, "The account of connection {ConnectionId} lists no calendar; going on with those that are known")]
        public static partial void Empty(ILogger logger, Guid connectionId);

        [LoggerMessage(LogLevel.Warning, "The calendars of connection {ConnectionId} could not be listed ({Code}); going on with those that are known")]
        public static partial void Unknown(ILogger logger, Guid connectionId, string code);
    }
}
