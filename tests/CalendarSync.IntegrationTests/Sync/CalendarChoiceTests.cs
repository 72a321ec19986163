using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>What a person changes in the settings of a connection: calendars, direction, pause, types of events.</summary>
public sealed class CalendarChoiceTests(PostgresServer postgres, RedisServer redis)
{
    private const string Family = FakeCalendarProvider.Calendar;
    private const string Work = "/calendars/work/";

    [Theory]
    [InlineData("bidirectional")]
    [InlineData("outbound_only")]
    public async Task Events_of_a_calendar_that_is_not_synced_any_more_stay_where_they_are_on_both_sides(string direction)
    {
        await using var sync = await WithWorkAsync();
        await sync.ChangeAsync(new ConnectionSettings { Direction = direction, CalendarIds = [Family] });
        await sync.RunDueAsync();
        sync.Calendar.Put("canary-title-new-outside", calendar: Work);
        await sync.EditAsync("canary-title-a", "canary-title-a-ours");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-new-inside");
        await sync.SyncAsync(full: true);

        Assert.Equal(
            [Family + "canary-title-new-inside", Work + "canary-title-a", Work + "canary-title-b", Work + "canary-title-c", Work + "canary-title-new-outside"],
            Outside(sync));
        Assert.Equal(["canary-title-a-ours", "canary-title-b", "canary-title-c", "canary-title-new-inside"], (await sync.TitlesAsync()).Order());
        Assert.Empty(await sync.ErrorsAsync());
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_calendar_that_is_chosen_again_is_compared_with_what_was_remembered_of_it()
    {
        await using var sync = await WithWorkAsync("canary-title-d", "canary-title-e", "canary-title-f");
        await sync.ChangeAsync(new ConnectionSettings { CalendarIds = [Family] });
        await sync.RunDueAsync();

        await sync.EditAsync("canary-title-a", "canary-title-a-ours");
        Edit(sync, "canary-title-b", "canary-title-b-theirs");
        await sync.EditAsync("canary-title-c", "canary-title-c-ours");
        Edit(sync, "canary-title-c", "canary-title-c-theirs");
        await sync.DeleteAsync("canary-title-d");
        sync.Calendar.Remove(sync.Calendar.Events.Single(e => e.Value.Content.Title == "canary-title-e").Key);
        await sync.DeleteAsync("canary-title-f");
        await sync.Database.ExecuteAsync("delete from events where title = 'canary-title-f'");
        sync.Calendar.Put("canary-title-g", calendar: Work);
        await sync.SyncAsync();

        await sync.ChangeAsync(new ConnectionSettings { CalendarIds = [Family, Work] });
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-a-ours", "canary-title-b-theirs", "canary-title-c-theirs", "canary-title-g");
        Assert.Equal(1, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_calendar_that_is_chosen_again_where_nothing_comes_in_gets_what_was_edited_meanwhile()
    {
        await using var sync = await WithWorkAsync();
        await sync.ChangeAsync(new ConnectionSettings { Direction = "outbound_only", CalendarIds = [Family] });
        await sync.RunDueAsync();
        await sync.EditAsync("canary-title-a", "canary-title-a-ours");
        await sync.RunDueAsync();
        await sync.ChangeAsync(new ConnectionSettings { CalendarIds = [Family, Work] });
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-a-ours", "canary-title-b", "canary-title-c");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_pass_that_runs_when_its_calendar_is_given_up_writes_nothing_there_any_more()
    {
        await using var sync = await WithWorkAsync();
        await sync.EditAsync("canary-title-a", "canary-title-a-ours");
        sync.Calendar.BeforePage = async _ =>
        {
            sync.Calendar.BeforePage = _ => Task.CompletedTask;
            await sync.ChangeAsync(new ConnectionSettings { CalendarIds = [Family] });
        };
        await sync.SyncAsync();
        Assert.Equal([Work + "canary-title-a", Work + "canary-title-b", Work + "canary-title-c"], Outside(sync));
        Assert.Equal("active", (await sync.StateAsync()).Status);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Inbound_only_and_back_keeps_Rowans_edits_for_later_and_its_deletions_to_itself()
    {
        await using var sync = await WithWorkAsync("canary-title-d");
        await sync.ChangeAsync(new ConnectionSettings { Direction = "inbound_only" });
        await sync.RunDueAsync();
        await sync.EditAsync("canary-title-a", "canary-title-a-ours");
        await sync.DeleteAsync("canary-title-b");
        await sync.DeleteAsync("canary-title-d");
        await sync.Database.ExecuteAsync("delete from events where title = 'canary-title-d'");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-new");
        Edit(sync, "canary-title-c", "canary-title-c-theirs");
        await sync.SyncAsync();
        await sync.SyncAsync(full: true);
        Assert.Equal(["canary-title-a", "canary-title-b", "canary-title-c-theirs", "canary-title-d"], sync.Calendar.Events.Values.Select(e => e.Content.Title).Order());
        Assert.Equal(["canary-title-a-ours", "canary-title-c-theirs", "canary-title-new"], (await sync.TitlesAsync()).Order());

        await sync.ChangeAsync(new ConnectionSettings { Direction = "bidirectional" });
        await sync.RunDueAsync();
        Assert.Equal(
            ["canary-title-a-ours", "canary-title-b", "canary-title-c-theirs", "canary-title-d", "canary-title-new"],
            sync.Calendar.Events.Values.Select(e => e.Content.Title).Order());
        Assert.Equal(["canary-title-a-ours", "canary-title-c-theirs", "canary-title-new"], (await sync.TitlesAsync()).Order());
        await sync.AssertQuietAsync();

        // An alarm is no edit, and brings the deletion back to nobody's mind.
        sync.Calendar.SetAlarm(sync.Calendar.Events.Single(e => e.Value.Content.Title == "canary-title-b").Key, "an hour before");
        await sync.SyncAsync();
        Assert.Equal(5, sync.Calendar.Events.Count);

        await sync.RestoreAsync("canary-title-b");
        await sync.RunDueAsync();
        await sync.EditAsync("canary-title-b", "canary-title-b-ours");
        await sync.RunDueAsync();
        Assert.Contains("canary-title-b-ours", sync.Calendar.Events.Values.Select(e => e.Content.Title));
        await sync.DeleteAsync("canary-title-b-ours");
        await sync.RunDueAsync();
        Assert.Equal(["canary-title-a-ours", "canary-title-c-theirs", "canary-title-d", "canary-title-new"], sync.Calendar.Events.Values.Select(e => e.Content.Title).Order());
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Outbound_only_and_back_takes_in_what_was_done_outside_meanwhile()
    {
        await using var sync = await WithWorkAsync();
        await sync.ChangeAsync(new ConnectionSettings { Direction = "outbound_only" });
        await sync.RunDueAsync();
        await sync.EditAsync("canary-title-a", "canary-title-a-ours");
        Edit(sync, "canary-title-b", "canary-title-b-theirs");
        sync.Calendar.Remove(sync.Calendar.Events.Single(e => e.Value.Content.Title == "canary-title-c").Key);
        sync.Calendar.Put("canary-title-new", calendar: Work);
        await sync.SyncAsync();
        Assert.Equal(["canary-title-a-ours", "canary-title-b", "canary-title-c"], (await sync.TitlesAsync()).Order());

        await sync.ChangeAsync(new ConnectionSettings { Direction = "bidirectional" });
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-a-ours", "canary-title-b-theirs", "canary-title-new");
        Assert.Equal(4, await sync.CountAsync("events"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task While_it_is_paused_nothing_runs_and_after_it_everything_does()
    {
        await using var sync = await WithWorkAsync();
        await sync.ChangeAsync(new ConnectionSettings { Enabled = false });
        await sync.EditAsync("canary-title-a", "canary-title-a-ours");
        Edit(sync, "canary-title-b", "canary-title-b-theirs");
        await sync.Database.ExecuteAsync("update calendar_connections set next_sync_at = now(), sync_requested_at = clock_timestamp()");
        Assert.Equal(0, await sync.RunDueAsync());

        await sync.ChangeAsync(new ConnectionSettings { Enabled = true });
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-a-ours", "canary-title-b-theirs", "canary-title-c");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_type_that_is_excluded_stays_in_Rowan_but_for_what_is_outside_already_and_goes_out_when_it_is_let_out()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-before", eventType: "meal");
        await sync.RunDueAsync();
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-queued", eventType: "meal");
        await sync.ChangeAsync(new ConnectionSettings { ExcludedTypes = ["meal"] });
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-after", eventType: "meal");
        await sync.EditAsync("canary-title-before", "canary-title-edited");
        await sync.SyncAsync(full: true);
        Assert.Equal(["canary-title-edited"], sync.Calendar.Events.Values.Select(e => e.Content.Title));

        await sync.ChangeAsync(new ConnectionSettings { ExcludedTypes = [] });
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-edited", "canary-title-queued", "canary-title-after");
        await sync.AssertQuietAsync();
    }

    private static void Edit(SyncHarness sync, string title, string newTitle) =>
        sync.Calendar.Edit(sync.Calendar.Events.Single(e => e.Value.Content.Title == title).Key, c => c with { Title = newTitle });

    /// <summary>Calendar and title of what is outside.</summary>
    private static IEnumerable<string> Outside(SyncHarness sync) =>
        sync.Calendar.Events.Select(e => (e.Key.StartsWith(Work, StringComparison.Ordinal) ? Work : Family) + e.Value.Content.Title).Order(StringComparer.Ordinal);

    /// <summary>A connection with two calendars; the events are in the one that is not the target.</summary>
    private async Task<SyncHarness> WithWorkAsync(params string[] more)
    {
        var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.SetCalendar(new RemoteCalendar(Work, "Work"));
        var hour = 8;
        foreach (var title in (string[])["canary-title-a", "canary-title-b", "canary-title-c", .. more])
        {
            sync.Calendar.Put(title, $"2030-05-01T{hour++:00}:00:00", calendar: Work);
        }

        await sync.RunDueAsync();
        return sync;
    }
}
