using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>Calendars of an account come and go, and change, while they are synced (scenarios 14 to 21, 65).</summary>
public sealed class CalendarDirectoryTests(PostgresServer postgres, RedisServer redis)
{
    private const string Family = FakeCalendarProvider.Calendar;
    private const string Work = "/calendars/work/";

    [Fact]
    public async Task A_new_calendar_is_synced_in_the_pass_that_finds_it_and_a_changed_one_is_brought_up_to_date()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        sync.Calendar.SetCalendar(new RemoteCalendar(Work, "Work"));
        sync.Calendar.SetCalendar(new RemoteCalendar(Family, "Family and friends", "#FF0000", "Europe/Berlin", Primary: true));
        sync.Calendar.Put("canary-title-work", calendar: Work);
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-ours");

        await sync.SyncAsync();

        await sync.AssertSameTitlesAsync("canary-title-work", "canary-title-ours");
        Assert.Equal($"{Family} selected target|{Work} selected", await sync.CalendarsAsync());
        Assert.Equal(
            "Family and friends #FF0000 Europe/Berlin t",
            await sync.Database.QuerySingleAsync<string>("select concat_ws(' ', name, color, time_zone, is_primary) from calendar_connection_calendars where is_target"));
        Assert.StartsWith(Family, sync.Calendar.Events.Single(e => e.Value.Content.Title == "canary-title-ours").Key, StringComparison.Ordinal);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_new_calendar_waits_for_its_choice_once_a_person_has_chosen()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        await sync.ChangeAsync(new ConnectionSettings { CalendarIds = [Family] });
        sync.Calendar.SetCalendar(new RemoteCalendar(Work, "Work"));
        sync.Calendar.Put("canary-title-work", calendar: Work);
        await sync.SyncAsync();
        Assert.Equal($"{Family} selected target|{Work}", await sync.CalendarsAsync());
        Assert.Empty(await sync.TitlesAsync());

        await sync.ChangeAsync(new ConnectionSettings { CalendarIds = [Family, Work] });
        await sync.RunDueAsync();
        Assert.Equal(["canary-title-work"], await sync.TitlesAsync());
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task The_list_is_read_when_it_is_old_or_a_person_asks_and_not_by_an_ordinary_pass()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        Assert.Equal(1, sync.Calendar.Lists);
        foreach (var (since, lists) in new[] { ("59 minutes", 1), ("61 minutes", 2), ("0 minutes", 2) })
        {
            await sync.Database.ExecuteAsync($"update calendar_connections set next_sync_at = now(), calendars_listed_at = now() - interval '{since}'");
            await sync.RunDueAsync();
            Assert.Equal(lists, sync.Calendar.Lists);
        }

        await sync.SyncAsync();
        Assert.Equal(3, sync.Calendar.Lists);
        await sync.SyncAsync(full: true);
        Assert.Equal(4, sync.Calendar.Lists);
        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();
        Assert.Equal(4, sync.Calendar.Lists);
    }

    [Fact]
    public async Task A_calendar_that_is_gone_deletes_nothing_is_said_once_and_doubles_nothing_when_it_comes_back()
    {
        await using var sync = await WithWorkAsync();
        var kept = sync.Calendar.Put("canary-title-kept", calendar: Work, uid: "canary-kept");
        sync.Calendar.Put("canary-title-lost", calendar: Work, uid: "canary-lost");
        sync.Calendar.Put("canary-title-family");
        await sync.SyncAsync();

        sync.Calendar.RemoveCalendar(Work);
        await sync.SyncAsync();
        await sync.EditAsync("canary-title-kept", "canary-title-kept-edited");
        await sync.SyncAsync();
        await sync.SyncAsync(full: true);

        Assert.Equal(3, (await sync.TitlesAsync()).Count);
        Assert.Equal(["canary-title-family"], sync.Calendar.Events.Values.Select(e => e.Content.Title));
        Assert.Equal(["calendar_gone"], await sync.ErrorsAsync());
        Assert.Equal("Work 1", await sync.Database.QuerySingleAsync<string>("select title || ' ' || attempts from calendar_sync_errors"));
        Assert.Equal(1, await sync.CountAsync("in_app_notifications"));
        Assert.Equal("active", (await sync.StateAsync()).Status);
        Assert.Equal($"{Family} selected target|{Work} selected removed", await sync.CalendarsAsync());

        // iCloud has calendars that cannot be killed: deleted, they are there again, with their events.
        sync.Calendar.SetCalendar(new RemoteCalendar(Work, "Work"));
        sync.Calendar.Put("canary-title-kept", id: kept, uid: "canary-kept");
        await sync.SyncAsync();

        Assert.Empty(await sync.ErrorsAsync());
        Assert.Equal(["canary-title-family", "canary-title-kept-edited"], sync.Calendar.Events.Values.Select(e => e.Content.Title).Order());
        Assert.Equal(["canary-title-family", "canary-title-kept-edited", "canary-title-lost"], (await sync.TitlesAsync()).Order());
        await sync.AssertQuietAsync();

        // What it did not bring along is for a person to decide about, however few.
        Assert.Equal(1, await sync.CountAsync("calendar_held_deletions where decision is null"));
        await sync.Database.ExecuteAsync("update calendar_held_deletions set decision = 'approve'");
        await sync.SyncAsync();
        await sync.AssertSameTitlesAsync("canary-title-kept-edited", "canary-title-family");

        // After that it is a calendar like any other.
        sync.Calendar.Remove(kept);
        await sync.SyncAsync();
        await sync.AssertSameTitlesAsync("canary-title-family");
        await sync.AssertQuietAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_list_that_fails_or_is_empty_removes_nothing_and_the_known_calendars_go_on_being_synced(bool fails)
    {
        await using var sync = await WithWorkAsync();
        sync.Calendar.ListsNothing = !fails;
        sync.Calendar.BeforeList = () => fails
            ? throw new ProviderException(ProviderFault.Transient, "server_error", "The calendar server has a problem of its own.")
            : Task.CompletedTask;
        sync.Calendar.Put("canary-title", calendar: Work);
        await sync.SyncAsync();
        await sync.AssertSameTitlesAsync("canary-title");
        Assert.Equal($"{Family} selected target|{Work} selected", await sync.CalendarsAsync());
        Assert.Empty(await sync.ErrorsAsync());

        // It is asked again with the next pass, not an hour later.
        (sync.Calendar.ListsNothing, sync.Calendar.BeforeList) = (false, () => Task.CompletedTask);
        var lists = sync.Calendar.Lists;
        await sync.Database.ExecuteAsync("update calendar_connections set next_sync_at = now(), calendars_listed_at = now() - interval '2 hours'");
        await sync.RunDueAsync();
        Assert.Equal(lists + 1, sync.Calendar.Lists);
    }

    [Fact]
    public async Task Edits_of_a_calendar_that_is_read_only_now_wait_and_go_out_by_themselves_when_it_can_be_written_again()
    {
        await using var sync = await WithWorkAsync();
        sync.Calendar.Put("canary-title-edited", calendar: Work);
        sync.Calendar.Put("canary-title-deleted", calendar: Work);
        await sync.SyncAsync();
        sync.Calendar.SetCalendar(new RemoteCalendar(Work, "Work", ReadOnly: true));
        await sync.EditAsync("canary-title-edited", "canary-title-new");
        await sync.DeleteAsync("canary-title-deleted");

        // The push is refused before any list has said why.
        await sync.RunDueAsync();
        Assert.Equal(["read_only", "read_only"], await sync.ErrorsAsync());
        await sync.SyncAsync();
        Assert.Equal($"{Family} selected target|{Work} selected read-only", await sync.CalendarsAsync());
        Assert.Equal(["canary-title-deleted", "canary-title-edited"], sync.Calendar.Events.Values.Select(e => e.Content.Title).Order());

        sync.Calendar.SetCalendar(new RemoteCalendar(Work, "Work"));
        await sync.SyncAsync();
        Assert.Empty(await sync.ErrorsAsync());
        await sync.AssertSameTitlesAsync("canary-title-new");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task New_events_go_elsewhere_while_their_calendar_is_gone_and_to_it_again_when_it_is_back()
    {
        await using var sync = await WithWorkAsync();
        await sync.ChangeAsync(new ConnectionSettings { TargetId = Work });
        await sync.RunDueAsync();
        sync.Calendar.RemoveCalendar(Work);
        await sync.SyncAsync();
        await CreateAsync(sync, "canary-title-a", Family);

        sync.Calendar.SetCalendar(new RemoteCalendar(Work, "Work"));
        await sync.SyncAsync();
        await CreateAsync(sync, "canary-title-b", Work);

        sync.Calendar.SetCalendar(new RemoteCalendar(Work, "Work", ReadOnly: true));
        await sync.SyncAsync();
        await CreateAsync(sync, "canary-title-c", Family);
        await sync.AssertSameTitlesAsync("canary-title-a", "canary-title-b", "canary-title-c");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Where_no_calendar_can_be_written_new_events_wait_and_go_out_by_themselves_later()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        sync.Calendar.SetCalendar(new RemoteCalendar(Family, "Family", ReadOnly: true));
        await sync.SyncAsync();
        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();
        Assert.Equal(["no_writable_calendar"], await sync.ErrorsAsync());

        sync.Calendar.SetCalendar(new RemoteCalendar(Work, "Work"));
        await sync.SyncAsync();
        Assert.Empty(await sync.ErrorsAsync());
        Assert.StartsWith(Work, Assert.Single(sync.Calendar.Events).Key, StringComparison.Ordinal);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_create_whose_answer_was_lost_with_its_calendar_is_made_in_another_one()
    {
        await using var sync = await WithWorkAsync();
        await sync.ChangeAsync(new ConnectionSettings { TargetId = Work });
        await sync.RunDueAsync();
        sync.Calendar.AfterWrite = _ =>
        {
            sync.Calendar.AfterWrite = _ => Task.CompletedTask;
            sync.Calendar.RemoveCalendar(Work);
            throw new ProviderException(ProviderFault.Transient, "connection_lost", "The connection was lost.");
        };
        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();
        await sync.SyncAsync();
        await sync.SyncAsync();

        await sync.AssertSameTitlesAsync("canary-title");
        Assert.StartsWith(Family, Assert.Single(sync.Calendar.Events).Key, StringComparison.Ordinal);
        await sync.AssertQuietAsync();
    }

    private static async Task CreateAsync(SyncHarness sync, string title, string calendar)
    {
        await sync.Database.CreateEventAsync(sync.Space, title);
        await sync.RunDueAsync();
        Assert.StartsWith(calendar, sync.Calendar.Events.Single(e => e.Value.Content.Title == title).Key, StringComparison.Ordinal);
    }

    private async Task<SyncHarness> WithWorkAsync()
    {
        var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.SetCalendar(new RemoteCalendar(Work, "Work"));
        await sync.RunDueAsync();
        return sync;
    }
}
