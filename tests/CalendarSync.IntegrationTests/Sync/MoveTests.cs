using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>An event that goes from one calendar of an account to another has moved: it is one event all the time (scenario 66).</summary>
public sealed class MoveTests(PostgresServer postgres, RedisServer redis)
{
    private const string Work = "/calendars/a-work/";
    private const string Zoo = "/calendars/zoo/";

    [Theory]
    [InlineData(Work)]
    [InlineData(Zoo)]
    public async Task A_moved_event_keeps_its_row_whichever_calendar_is_read_first(string other)
    {
        await using var sync = await ConnectedAsync(other);
        var id = sync.Calendar.Put("canary-title");
        await sync.SyncAsync();
        var before = await RowAsync(sync);

        Move(sync, id, other);
        await sync.SyncAsync();

        Assert.Equal(before, await RowAsync(sync));
        Assert.Equal(other, await sync.Database.QuerySingleAsync<string>("select external_calendar_id from calendar_event_mappings"));
        Assert.Equal(0, await sync.CountAsync("events where deleted_at is not null"));
        await sync.AssertSameTitlesAsync("canary-title");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task An_event_that_was_edited_while_it_moved_is_decided_by_the_ordinary_table()
    {
        await using var sync = await ConnectedAsync(Zoo);
        var inside = sync.Calendar.Put("canary-title-a");
        var outside = sync.Calendar.Put("canary-title-b");
        await sync.SyncAsync();

        sync.Calendar.Edit(outside, c => c with { Title = "canary-title-b-theirs" });
        Move(sync, inside, Zoo);
        Move(sync, outside, Zoo);
        await sync.EditAsync("canary-title-a", "canary-title-a-ours");
        await sync.SyncAsync();

        await sync.AssertSameTitlesAsync("canary-title-a-ours", "canary-title-b-theirs");
        Assert.Equal(2, await sync.CountAsync("events"));
        Assert.All(sync.Calendar.Events.Keys, key => Assert.StartsWith(Zoo, key, StringComparison.Ordinal));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task An_edit_that_goes_out_before_a_move_was_read_arrives_where_the_event_is()
    {
        await using var sync = await ConnectedAsync(Zoo);
        var id = sync.Calendar.Put("canary-title");
        await sync.SyncAsync();
        await sync.Database.ExecuteAsync(
            """
            create table trashed (id uuid);
            create function watch_trash() returns trigger language plpgsql security definer as $$ begin insert into public.trashed values (new.id); return new; end $$;
            create trigger watch_trash after update on events for each row when (new.deleted_at is not null) execute function watch_trash();
            """);
        Move(sync, id, Zoo);
        await sync.EditAsync("canary-title", "canary-title-ours");
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-ours");
        Assert.StartsWith(Zoo, sync.Calendar.Events.Keys.Single(), StringComparison.Ordinal);
        Assert.Equal(0, await sync.CountAsync("calendar_sync_conflicts"));
        Assert.Equal(0, await sync.CountAsync("trashed"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_copy_in_a_second_calendar_is_the_same_event_in_Rowan_and_takes_over_when_the_first_one_goes()
    {
        await using var sync = await ConnectedAsync(Zoo);
        var id = sync.Calendar.Put("canary-title");
        await sync.SyncAsync();
        var copy = sync.Calendar.Put("canary-title", uid: sync.Calendar.Events[id].Uid, calendar: Zoo);
        await sync.SyncAsync();
        await sync.AssertQuietAsync();
        Assert.Equal(1, await sync.CountAsync("events"));
        var row = await RowAsync(sync);

        sync.Calendar.Remove(id);
        await sync.SyncAsync();

        Assert.Equal(row, await RowAsync(sync));
        Assert.Equal(copy, await sync.Database.QuerySingleAsync<string>("select external_event_id from calendar_event_mappings"));
        await sync.EditAsync("canary-title", "canary-title-ours");
        await sync.RunDueAsync();
        Assert.Equal("canary-title-ours", sync.Calendar.Events[copy].Content.Title);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_copy_that_went_before_the_first_one_saves_nothing()
    {
        await using var sync = await ConnectedAsync(Zoo);
        var id = sync.Calendar.Put("canary-title");
        await sync.SyncAsync();
        var copy = sync.Calendar.Put("canary-title", uid: sync.Calendar.Events[id].Uid, calendar: Zoo);
        await sync.SyncAsync();
        sync.Calendar.Remove(copy);
        await sync.SyncAsync();
        Assert.Equal(1, await sync.CountAsync("events where deleted_at is null"));

        sync.Calendar.Remove(id);
        await sync.SyncAsync();

        Assert.Equal(0, await sync.CountAsync("events where deleted_at is null"));
        Assert.Equal(0, await sync.CountAsync("calendar_event_copies"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Many_events_that_move_at_once_are_no_mass_deletion()
    {
        await using var sync = await ConnectedAsync(Zoo);
        for (var i = 0; i < 30; i++)
        {
            sync.Calendar.Put($"canary-title-{i}");
        }

        await sync.SyncAsync();
        sync.Calendar.Events.Keys.ToList().ForEach(id => Move(sync, id, Zoo));
        await sync.SyncAsync();

        Assert.Equal(0, await sync.CountAsync("calendar_held_deletions"));
        Assert.Equal(30, await sync.CountAsync("calendar_event_mappings where external_calendar_id = '" + Zoo + "'"));
        Assert.Equal(30, await sync.CountAsync("events where deleted_at is null and sync_generation = 0"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_calendar_that_cannot_be_read_does_not_stop_the_others_and_its_deletions_come_later()
    {
        await using var sync = await ConnectedAsync(Zoo, retryDelays: "01:00:00");
        var family = sync.Calendar.Put("canary-title-family");
        var zoo = sync.Calendar.Put("canary-title-zoo", calendar: Zoo);
        await sync.SyncAsync();
        sync.Calendar.Remove(family);
        sync.Calendar.Remove(zoo);
        sync.Calendar.Broken.Add(Zoo);

        await sync.SyncAsync();
        Assert.Equal("error", (await sync.StateAsync()).Status);
        Assert.Equal(["canary-title-zoo"], await sync.TitlesAsync());

        sync.Calendar.Broken.Clear();
        await sync.SyncAsync();
        Assert.Empty(await sync.TitlesAsync());
        Assert.Equal("active", (await sync.StateAsync()).Status);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task An_event_that_moved_to_a_calendar_that_cannot_be_read_keeps_its_row_when_that_was_read()
    {
        await using var sync = await ConnectedAsync(Zoo, retryDelays: "01:00:00");
        var id = sync.Calendar.Put("canary-title");
        await sync.SyncAsync();
        var row = await sync.Database.QuerySingleAsync<Guid>("select id from events");
        Move(sync, id, Zoo);
        sync.Calendar.Broken.Add(Zoo);
        await sync.SyncAsync();
        sync.Calendar.Broken.Clear();
        await sync.SyncAsync();

        Assert.Equal(row, await sync.Database.QuerySingleAsync<Guid>("select id from events"));
        await sync.AssertSameTitlesAsync("canary-title");
        await sync.AssertQuietAsync();
    }

    private async Task<SyncHarness> ConnectedAsync(string other, string retryDelays = "00:00:00,00:00:00")
    {
        var sync = await SyncHarness.CreateAsync(postgres, redis, retryDelays: retryDelays);
        sync.Calendar.SetCalendar(new RemoteCalendar(other, "Other"));
        await sync.Database.CreateCalendarAsync(sync.Connection, other, target: false);
        await sync.RunDueAsync();
        return sync;
    }

    private static void Move(SyncHarness sync, string id, string calendar)
    {
        var was = sync.Calendar.Events[id];
        sync.Calendar.Remove(id);
        var moved = sync.Calendar.Put(was.Content.Title, uid: was.Uid, calendar: calendar);
        sync.Calendar.Edit(moved, _ => was.Content);
    }

    private static Task<string> RowAsync(SyncHarness sync) =>
        sync.Database.QuerySingleAsync<string>("select id::text || title || sync_generation::text || updated_at::text from events");
}
