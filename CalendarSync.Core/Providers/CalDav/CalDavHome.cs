using System.Collections.Concurrent;
using System.Collections.Immutable;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers.CalDav.Wire;
using Microsoft.Extensions.Options;
using NodaTime;
using NodaTime.Extensions;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Where the calendars of an account are.</summary>
/// <param name="Collections">The calendar homes, or the one calendar that the user named.</param>
/// <param name="IsCalendar">It is that one calendar.</param>
internal sealed record CalDavHome(ImmutableArray<Uri> Collections, bool IsCalendar)
{
    /// <summary>The address of a calendar. Ids hold no host, because iCloud moves accounts between its partitions.</summary>
    public Uri AddressOf(string calendarId)
    {
        var home = Collections
            .Where(c => calendarId.StartsWith(DavPath.Canonical(c).TrimEnd('/'), StringComparison.Ordinal))
            .MaxBy(c => c.AbsolutePath.Length) ?? Collections[0];
        return DavPath.On(home, calendarId);
    }
}

/// <summary>
/// Remembers homes between calls, so that a pass which finds nothing new does not look for the principal again. Only a memory: losing
/// an entry costs two requests.
/// </summary>
internal sealed class CalDavHomes(CalDavDiscovery discovery, IOptions<AppleOptions> options, TimeProvider timeProvider)
{
    private const int MaxEntries = 10_000;

    private readonly ConcurrentDictionary<(ConnectionId Connection, string AccountId, Uri Server), Entry> _entries = new();

    /// <summary>The home, remembered or looked for.</summary>
    public async Task<CalDavHome> GetAsync(CalDavSession session, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetCurrentInstant();
        return _entries.TryGetValue(Key(session), out var entry) && entry.Until > now
            ? entry.Home
            : await RefreshAsync(session, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks for the home anew, as when a server answers that it does not know the account's path.</summary>
    public async Task<CalDavHome> RefreshAsync(CalDavSession session, CancellationToken cancellationToken)
    {
        var home = await discovery.FindHomeAsync(session, cancellationToken).ConfigureAwait(false);
        if (_entries.Count >= MaxEntries)
        {
            _entries.Clear();
        }

        _entries[Key(session)] = new Entry(home, timeProvider.GetCurrentInstant() + Duration.FromTimeSpan(options.Value.HomeLifetime));
        return home;
    }

    private static (ConnectionId Connection, string AccountId, Uri Server) Key(CalDavSession session) =>
        (session.Account.ConnectionId, session.Account.AccountId, session.Server);

    private sealed record Entry(CalDavHome Home, Instant Until);
}
