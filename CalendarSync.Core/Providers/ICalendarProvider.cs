using System.Collections.Immutable;
using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Providers;

/// <summary>
/// One kind of external calendar. Expected outcomes are values; faults are <see cref="ProviderException"/>, classified once, here.
/// Implementations are stateless and safe to share: everything about the account comes in by argument.
/// </summary>
public interface ICalendarProvider
{
    /// <summary>Which provider this is.</summary>
    CalendarProvider Provider { get; }

    /// <summary>What it can hold. Constant.</summary>
    ProviderCapabilities Capabilities { get; }

    /// <summary>The calendars of the account that hold events, in the provider's order.</summary>
    /// <exception cref="ProviderException">Any kind but cursor-expired.</exception>
    Task<ImmutableArray<RemoteCalendar>> ListCalendarsAsync(ProviderAccount account, CancellationToken cancellationToken);

    /// <summary>
    /// What changed in one calendar since the cursor, in pages. The cursor to keep stands on the last page only. Without a cursor, or
    /// where the provider cannot say what changed, the listing is complete: then the pages together name every event that exists.
    /// </summary>
    /// <exception cref="ProviderException">
    /// <see cref="ProviderFault.CursorExpired"/> when the cursor is no longer good; the caller starts again without one.
    /// A fault in the middle leaves the pages already given valid, and no cursor.
    /// </exception>
    IAsyncEnumerable<ChangePage> PullAsync(ProviderAccount account, PullRequest request, CancellationToken cancellationToken);

    /// <summary>Reads single events again.</summary>
    /// <returns>One entry for each id that was asked for, in any order: the event, its deletion, or why it cannot be read.</returns>
    Task<ImmutableArray<RemoteChange>> FetchAsync(ProviderAccount account, string calendarId, IReadOnlyCollection<string> eventIds, CancellationToken cancellationToken);

    /// <summary>What a payload that this provider gave says. Pure.</summary>
    /// <param name="payload">As stored from <see cref="RemoteChange.Present"/>.</param>
    /// <param name="defaultZone">See <see cref="PullRequest.DefaultZone"/>.</param>
    CalendarEvent ReadPayload(string payload, DateTimeZone defaultZone);

    /// <summary>
    /// The external id that a create under this identity gets, where it is known before the write. It lets the base be recorded ahead of
    /// the write, so that a create whose answer was lost is recognised when it is seen again, whatever was edited or deleted since.
    /// </summary>
    /// <returns><c>null</c> where the provider draws ids itself.</returns>
    string? ExternalIdOf(string calendarId, EventIdentity identity);

    /// <summary>
    /// Writes. Each write stands alone: one that fails does not stop the others. Nothing is retried blindly: a create whose answer was
    /// lost may have happened, and its identity tells (<see cref="WriteResult.Stored"/> with <c>Adopted</c>).
    /// </summary>
    /// <returns>One result for each operation, in the same order.</returns>
    Task<ImmutableArray<WriteResult>> PushAsync(ProviderAccount account, string calendarId, IReadOnlyList<WriteOperation> operations, CancellationToken cancellationToken);
}
