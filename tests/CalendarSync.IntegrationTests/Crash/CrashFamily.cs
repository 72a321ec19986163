using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>
/// A family with one calendar, and a book of what its people wrote. Each event has a number and each version of it a title of its own, so
/// a version can be found again wherever it went, and two events of one number are a double whatever they say.
/// </summary>
internal sealed class CrashFamily(CrashSystem system, SpaceId space, RadicaleAccount account, Uri calendar)
{
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Touched> _touched = [];
    private int _events;
    private int _versions;

    private enum Side
    {
        Inside,
        Outside,
    }

    public SpaceId Space { get; } = space;

    public List<ConnectionId> Connections { get; } = [];

    public Outside Outside { get; } = new(account, calendar);

    public RadicaleAccount Account => account;

    public string CalendarId { get; } = Uri.UnescapeDataString(calendar.AbsolutePath);

    /// <summary>In the path of each of its requests.</summary>
    public string Login => account.Email;

    private TestDatabase Database => system.Database;

    public async Task<string> AddInsideAsync()
    {
        var title = Begin(Side.Inside);
        await Database.CreateEventAsync(Space, title, "2027-03-14T09:00:00Z");
        return title;
    }

    public async Task<string> AddOutsideAsync()
    {
        var title = Begin(Side.Outside);
        await Outside.AddAsync("other-" + Guid.NewGuid().ToString("N"), title);
        return title;
    }

    /// <returns>The new title; <c>null</c> when a worker was faster and the event does not say that any more.</returns>
    public async Task<string?> EditInsideAsync(string title)
    {
        var next = Next(title);
        return Note(Side.Inside, title, next, await Database.ExecuteAsync(
            "update events set title = @next where space_id = @space and title = @title and deleted_at is null", new { space = Space.Value, title, next }) == 1);
    }

    /// <inheritdoc cref="EditInsideAsync"/>
    public async Task<string?> EditOutsideAsync(string title)
    {
        var next = Next(title);
        return Note(Side.Outside, title, next, await Outside.RenameAsync(title, next));
    }

    public async Task DeleteInsideAsync(string title) => Note(Side.Inside, title, null, await Database.ExecuteAsync(
        "update events set deleted_at = now() where space_id = @space and title = @title and deleted_at is null", new { space = Space.Value, title }) == 1);

    public async Task DeleteOutsideAsync(string title) => Note(Side.Outside, title, null, await Outside.DeleteAsync(title));

    /// <summary>Takes an event out of the trash. That writes no version, but from here on it is to be there.</summary>
    public async Task RestoreAsync(string title)
    {
        if (await Database.ExecuteAsync(
            "update events set deleted_at = null where space_id = @space and title = @title and deleted_at is not null", new { space = Space.Value, title }) == 1)
        {
            Touch(Side.Inside, title, title);
        }
    }

    /// <summary>Asks for a pass, as a person, a webhook or a timer does.</summary>
    public Task RequestAsync() => Database.ExecuteAsync(
        "update calendar_connections set sync_requested_at = clock_timestamp(), sync_requested_type = 'manual' where space_id = @space", new { space = Space.Value });

    public Task<IReadOnlyList<string>> TitlesAsync() =>
        Database.QueryAsync<string>("select title from events where space_id = @space and deleted_at is null order by title", new { space = Space.Value });

    public Task<IReadOnlyList<string>> TrashAsync() =>
        Database.QueryAsync<string>("select title from events where space_id = @space and deleted_at is not null order by title", new { space = Space.Value });

    /// <summary>
    /// Both sides hold the same, nothing twice, and everything that was written is there, in the trash or in the history of conflicts. An
    /// event that only one side touched since the last time is as that side left it.
    /// </summary>
    /// <returns>What is not so.</returns>
    public async Task<IReadOnlyList<string>> FindFaultsAsync()
    {
        var inside = await TitlesAsync();
        var outside = Outside.Read();
        string[] there = [.. outside.Select(entry => entry.Title)];
        var kept = await Database.QueryAsync<string>(
            """
            select title from events where space_id = @space
            union all select rowan_version->>'title' from calendar_sync_conflicts where space_id = @space
            union all select external_version->>'title' from calendar_sync_conflicts where space_id = @space
            """,
            new { space = Space.Value });
        var errors = await Database.QueryAsync<string>(
            "select concat_ws(' ', direction, operation, code, title) from calendar_sync_errors where resolved_at is null and connection_id = any(@ids)",
            new { ids = Connections.Select(c => c.Value).ToArray() });
        var unmapped = await Database.QueryAsync<string>(
            """
            select e.title from events e, unnest(@ids) as connection
            where e.space_id = @space and e.deleted_at is null
              and 1 <> (select count(*) from calendar_event_mappings m where m.rowan_event_id = e.id and m.connection_id = connection and m.state = 'active')
            """,
            new { space = Space.Value, ids = Connections.Select(c => c.Value).ToArray() });
        return
        [
            .. Doubles("in Rowan", inside.Select(KeyOf)),
            .. Doubles("outside", there.Select(KeyOf)),
            .. Doubles("outside by UID", outside.Select(entry => entry.Uid)),
            .. inside.Except(there).Select(title => $"{title} is only in Rowan"),
            .. there.Except(inside).Select(title => $"{title} is only outside"),
            .. _written.Except(kept).Select(title => $"{title} is lost"),
            .. errors.Select(error => $"open error: {error}"),
            .. unmapped.Select(title => $"{title} has no base, or not one for each connection"),
            .. TakeExpectations().SelectMany(expected => Unexpected(expected, inside)),
        ];
    }

    /// <summary>Everything that a pass could have changed on either side.</summary>
    public async Task<IReadOnlyList<string>> SnapshotAsync() =>
    [
        .. await Database.QueryAsync<string>("select e::text from events e where space_id = @space order by id", new { space = Space.Value }),
        .. await Database.QueryAsync<string>(
            "select m::text from calendar_event_mappings m where connection_id = any(@ids) order by id", new { ids = Connections.Select(c => c.Value).ToArray() }),
        .. Outside.Snapshot(),
    ];

    /// <summary>Ends the sync of the family, so that nobody works for it any more.</summary>
    public Task LeaveAsync() => Database.ExecuteAsync("delete from calendar_connections where space_id = @space", new { space = Space.Value });

    private static string KeyOf(string title) => title[..title.LastIndexOf('-')];

    private static IEnumerable<string> Doubles(string where, IEnumerable<string> keys) =>
        keys.GroupBy(key => key, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => $"{group.Key} is there {group.Count()} times {where}");

    private static IEnumerable<string> Unexpected((string Key, string? Title) expected, IReadOnlyList<string> inside)
    {
        var found = inside.FirstOrDefault(title => KeyOf(title) == expected.Key);
        return found == expected.Title ? [] : [$"{expected.Key} is '{found}' but was last made '{expected.Title}', by one side alone"];
    }

    private string Begin(Side side)
    {
        var title = $"canary-event{_events++}-v{_versions++}";
        _written.Add(title);
        Touch(side, title, title);
        return title;
    }

    private string Next(string title) => $"{KeyOf(title)}-v{_versions++}";

    // Who changes or deletes a version has seen it: it may go.
    private string? Note(Side side, string title, string? next, bool done)
    {
        if (!done)
        {
            return null;
        }

        _written.Remove(title);
        if (next is not null)
        {
            _written.Add(next);
        }

        Touch(side, title, next);
        return next;
    }

    private void Touch(Side side, string title, string? left)
    {
        var key = int.Parse(KeyOf(title)["canary-event".Length..], System.Globalization.CultureInfo.InvariantCulture);
        var before = _touched.GetValueOrDefault(key);
        _touched[key] = new Touched(side, left, before is { } known && (known.ByBoth || known.Side != side));
    }

    private List<(string Key, string? Title)> TakeExpectations()
    {
        List<(string, string?)> expectations = [.. _touched.Where(t => !t.Value.ByBoth).Select(t => ($"canary-event{t.Key}", t.Value.Left))];
        _touched.Clear();
        return expectations;
    }

    private sealed record Touched(Side Side, string? Left, bool ByBoth);
}
