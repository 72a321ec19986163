using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>Single events that cannot be synced: listed with their reason, never in the way of the others, never taken for deleted.</summary>
public sealed class ParkedEventTests(PostgresServer postgres, RedisServer redis)
{
    [Fact]
    public async Task One_event_that_cannot_be_read_is_listed_and_the_others_arrive()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-good");
        var bad = sync.Calendar.Put("canary-title-bad");
        sync.Calendar.Unreadable.Add(bad);
        await sync.RunDueAsync();

        Assert.Equal(["canary-title-good"], await sync.TitlesAsync());
        Assert.Equal("unreadable_event", await sync.Database.QuerySingleAsync<string>("select code from calendar_sync_errors where resolved_at is null"));
        Assert.Equal("active", (await sync.StateAsync()).Status);

        sync.Calendar.Unreadable.Clear();
        sync.Calendar.SetAlarm(bad, "mended");
        await sync.SyncAsync();
        await sync.AssertSameTitlesAsync("canary-title-good", "canary-title-bad");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_errors where resolved_at is null"));
    }

    [Fact]
    public async Task An_event_that_became_unreadable_is_not_taken_for_deleted()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var id = sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        sync.Calendar.Unreadable.Add(id);
        sync.Calendar.SetAlarm(id, "changed");
        sync.Calendar.ExpireCursors();
        await sync.SyncAsync(full: true);

        Assert.Equal(["canary-title"], await sync.TitlesAsync());
    }

    [Fact]
    public async Task An_event_that_Rowan_cannot_store_is_parked_alone()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.Database.ExecuteAsync("alter table events add constraint canary check (title <> 'canary-title-refused')");
        for (var i = 0; i < 7; i++)
        {
            sync.Calendar.Put($"canary-title-{i}");
        }

        sync.Calendar.Put("canary-title-refused");
        await sync.RunDueAsync();

        Assert.Equal(7, (await sync.TitlesAsync()).Count);
        Assert.Equal("not_storable", await sync.Database.QuerySingleAsync<string>("select code from calendar_sync_errors"));
    }

    [Fact]
    public async Task A_push_that_fails_is_tried_again_and_then_given_up_visibly()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        var tries = 0;
        sync.Calendar.AnswerInstead = _ =>
        {
            tries++;
            return new WriteResult.Failed("server_error", "The calendar server had a problem.");
        };

        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();

        Assert.Equal(3, tries);
        Assert.Equal("failed", await sync.Database.QuerySingleAsync<string>("select status::text from calendar_sync_queue"));
        Assert.Equal(
            "outbound create server_error canary-title",
            await sync.Database.QuerySingleAsync<string>("select concat_ws(' ', direction, operation, code, title) from calendar_sync_errors"));

        // The next edit starts afresh.
        sync.Calendar.AnswerInstead = _ => null;
        await sync.EditAsync("canary-title", "canary-title-new");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-new");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_errors where resolved_at is null"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_refused_event_is_listed_at_once_and_does_not_stop_the_others()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        sync.Calendar.AnswerInstead = o => o is WriteOperation.Create { Event.Content.Title: "canary-title-huge" }
            ? new WriteResult.Rejected("too_large", "This event is too large for the calendar.")
            : null;

        await sync.Database.CreateEventAsync(sync.Space, "canary-title-huge");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-fine");
        await sync.RunDueAsync();

        Assert.Equal(["canary-title-fine"], sync.Calendar.Events.Values.Select(e => e.Content.Title));
        Assert.Equal("too_large", await sync.Database.QuerySingleAsync<string>("select code from calendar_sync_errors"));
    }

    [Fact]
    public async Task A_read_only_calendar_is_imported_and_edits_of_it_stay_in_Rowan()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.SetCalendar(new RemoteCalendar(FakeCalendarProvider.Calendar, "Family", ReadOnly: true));
        sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        await sync.EditAsync("canary-title", "canary-title-ours");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-new");
        await sync.RunDueAsync();

        Assert.Equal(["canary-title"], sync.Calendar.Events.Values.Select(e => e.Content.Title));
        Assert.Equal(
            ["no_writable_calendar", "read_only"],
            await sync.Database.QueryAsync<string>("select code from calendar_sync_errors order by code"));
        Assert.Equal("active", (await sync.StateAsync()).Status);
    }

    [Fact]
    public async Task A_series_is_left_alone_on_both_sides_and_listed()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-series", rule: "FREQ=WEEKLY");
        sync.Calendar.Put("canary-title-single");
        var inside = await sync.Database.CreateEventAsync(sync.Space, "canary-title-inside");
        await sync.Database.ExecuteAsync("update events set is_recurring = true, recurrence_pattern = 'weekly:1' where id = @id", new { id = inside.Value });
        await sync.RunDueAsync();

        Assert.Equal(["canary-title-inside", "canary-title-single"], (await sync.TitlesAsync()).Order());
        Assert.Equal(2, sync.Calendar.Events.Count);
        Assert.Equal(
            ["inbound series_not_supported", "outbound series_not_supported"],
            await sync.Database.QueryAsync<string>("select direction || ' ' || code from calendar_sync_errors where resolved_at is null order by 1"));
    }
}
