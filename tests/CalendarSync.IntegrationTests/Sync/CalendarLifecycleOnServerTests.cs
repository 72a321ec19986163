using CalendarSync.Core.Persistence;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>The calendars of an account on a real CalDAV server, through whole passes.</summary>
public sealed class CalendarLifecycleOnServerTests(PostgresServer postgres, RedisServer redis, RadicaleServer radicale)
{
    [Fact]
    public async Task Calendars_are_added_chosen_made_read_only_removed_and_brought_back_and_nothing_is_lost_or_doubled()
    {
        using var account = await radicale.CreateAccountAsync();
        var home = await account.CreateCalendarAsync("home", "canary-calendar home");
        await account.PutSimpleEventAsync(home, "h1", "canary-title-home", "20300314T090000Z", "20300314T100000Z");
        await using var sync = await SyncHarness.CreateAsync(postgres, redis, server: account);
        await sync.RunDueAsync();
        Assert.Equal($"{Id(home)} selected target", await sync.CalendarsAsync());

        // Added, and one that may only be read.
        var work = await account.CreateCalendarAsync("work", "canary-calendar work");
        await account.PutSimpleEventAsync(work, "w1", "canary-title-work", "20300315T090000Z", "20300315T100000Z");
        var shared = await account.CreateReadOnlyCalendarAsync("canary-calendar shared", new Dictionary<string, string>
        {
            ["s1.ics"] = RadicaleAccount.Ical("s1", "canary-title-shared", "20300316T090000Z", "20300316T100000Z"),
        });
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-ours", "2030-03-17T09:00:00Z");
        await sync.SyncAsync();
        Assert.Equal(["canary-title-home", "canary-title-ours", "canary-title-shared", "canary-title-work"], (await sync.TitlesAsync()).Order());
        Assert.Equal($"{Id(home)} selected target|{Id(shared)} selected read-only|{Id(work)} selected", await sync.CalendarsAsync());
        Assert.Equal((2, 1), (await account.CountEventsAsync(home), await account.CountEventsAsync(work)));
        await AssertQuietAsync(sync, account, home, work);

        // Given up and the target moved, both sides edited, chosen again.
        await sync.ChangeAsync(new ConnectionSettings { CalendarIds = [Id(work), Id(shared)], TargetId = Id(work) });
        await account.PutSimpleEventAsync(home, "h1", "canary-title-home-theirs", "20300314T090000Z", "20300314T100000Z");
        await sync.EditAsync("canary-title-ours", "canary-title-ours-edited");
        await sync.EditAsync("canary-title-shared", "canary-title-shared-ours");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-second", "2030-03-18T09:00:00Z");
        await sync.SyncAsync();
        Assert.Equal(["read_only"], await sync.ErrorsAsync());
        Assert.Equal((2, 2), (await account.CountEventsAsync(home), await account.CountEventsAsync(work)));
        Assert.DoesNotContain("canary-title-home-theirs", await sync.TitlesAsync());
        await sync.ChangeAsync(new ConnectionSettings { CalendarIds = [Id(home), Id(work), Id(shared)] });
        await sync.RunDueAsync();
        Assert.Contains("canary-title-home-theirs", await sync.TitlesAsync());
        Assert.Contains("canary-title-ours-edited", await account.ExportAsync(home), StringComparison.Ordinal);
        await AssertQuietAsync(sync, account, home, work);

        // Removed and back, with its events.
        var events = await account.ExportAsync(work);
        var titles = (await sync.TitlesAsync()).Order().ToList();
        await account.DeleteCalendarAsync(work);
        await sync.SyncAsync();
        Assert.Equal(titles, (await sync.TitlesAsync()).Order());
        Assert.Equal(["calendar_gone", "read_only"], await sync.ErrorsAsync());
        Assert.Equal($"{Id(home)} selected target|{Id(shared)} selected read-only|{Id(work)} selected removed", await sync.CalendarsAsync());
        Assert.Contains("canary-title-second", events, StringComparison.Ordinal);
        await account.CreateCalendarAsync("work", "canary-calendar work again");
        await account.PutSimpleEventAsync(work, "w1", "canary-title-work", "20300315T090000Z", "20300315T100000Z");
        await sync.SyncAsync();
        Assert.Equal(["read_only"], await sync.ErrorsAsync());
        Assert.Equal("canary-calendar work again", await sync.Database.QuerySingleAsync<string>("select name from calendar_connection_calendars where is_target"));

        // What it did not bring back is for a person to decide about.
        Assert.Equal(titles, (await sync.TitlesAsync()).Order());
        Assert.Equal(1, await sync.CountAsync("calendar_held_deletions where decision is null"));
        Assert.Equal(1, await account.CountEventsAsync(work));
        await AssertQuietAsync(sync, account, home, work);
    }

    private static string Id(Uri calendar) => Uri.UnescapeDataString(calendar.AbsolutePath);

    private static async Task AssertQuietAsync(SyncHarness sync, RadicaleAccount account, params Uri[] calendars)
    {
        async Task<string> StateAsync()
        {
            var outside = await Task.WhenAll(calendars.Select(account.ExportAsync));
            var inside = await sync.Database.QueryAsync<string>("select id || title || updated_at || coalesce(deleted_at::text, '') from events order by id");
            return string.Join('\n', outside.Concat(inside));
        }

        var before = await StateAsync();
        await sync.SyncAsync(full: true);
        Assert.Equal(before, await StateAsync());
    }
}
