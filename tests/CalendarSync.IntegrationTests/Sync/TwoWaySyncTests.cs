using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>The table of the planner, cell by cell, on a real database.</summary>
public sealed class TwoWaySyncTests(PostgresServer postgres, RedisServer redis)
{
    [Fact]
    public async Task First_sync_imports_and_exports_and_then_is_quiet()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-outside");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-inside");

        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-outside", "canary-title-inside");
        await sync.AssertQuietAsync();
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Edits_flow_both_ways()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var id = sync.Calendar.Put("canary-title-a");
        await sync.RunDueAsync();

        await sync.EditAsync("canary-title-a", "canary-title-b");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-b");

        sync.Calendar.Edit(id, c => c with { Title = "canary-title-c" });
        await sync.SyncAsync();
        await sync.AssertSameTitlesAsync("canary-title-c");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Deletions_flow_both_ways_and_a_restore_is_a_new_life()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var outside = sync.Calendar.Put("canary-title-outside");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-inside");
        await sync.RunDueAsync();

        sync.Calendar.Remove(outside);
        await sync.DeleteAsync("canary-title-inside");
        await sync.SyncAsync();
        await sync.AssertSameTitlesAsync();
        Assert.Equal(0, await sync.CountAsync("calendar_event_mappings"));

        await sync.RestoreAsync("canary-title-inside");
        await sync.RestoreAsync("canary-title-outside");
        await sync.SyncAsync();
        await sync.AssertSameTitlesAsync("canary-title-inside", "canary-title-outside");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_hard_delete_in_Rowan_reaches_the_calendar()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        await sync.Database.ExecuteAsync("delete from events");
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync();
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task When_both_sides_changed_the_external_one_wins_and_the_other_is_kept()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var id = sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        sync.Calendar.Edit(id, c => c with { Title = "canary-title-theirs" });
        await sync.EditAsync("canary-title", "canary-title-ours");
        await sync.SyncAsync();

        await sync.AssertSameTitlesAsync("canary-title-theirs");
        Assert.Equal(
            "canary-title-ours|canary-title-theirs|external|normal",
            await sync.Database.QuerySingleAsync<string>(
                "select concat_ws('|', rowan_version->>'title', external_version->>'title', winning_source, severity) from calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_push_that_meets_a_newer_version_is_decided_again()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var id = sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        // Only the edit in Rowan makes the connection due, so the push goes out without a pull and meets the 412.
        sync.Calendar.Edit(id, c => c with { Title = "canary-title-theirs" });
        await sync.EditAsync("canary-title", "canary-title-ours");
        var pulls = sync.Calendar.Pulls;
        await sync.RunDueAsync();

        Assert.Equal(pulls, sync.Calendar.Pulls);
        await sync.AssertSameTitlesAsync("canary-title-theirs");
        Assert.Equal(1, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task The_same_change_on_both_sides_is_no_conflict()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var id = sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        sync.Calendar.Edit(id, c => c with { Title = "canary-title-new" });
        await sync.EditAsync("canary-title", "canary-title-new");
        await sync.SyncAsync();

        await sync.AssertSameTitlesAsync("canary-title-new");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Deleted_outside_and_changed_in_Rowan_is_deleted_and_kept_in_the_history()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var id = sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        sync.Calendar.Remove(id);
        await sync.EditAsync("canary-title", "canary-title-ours");
        await sync.SyncAsync();

        await sync.AssertSameTitlesAsync();
        Assert.Equal(
            "canary-title-ours|true|high",
            await sync.Database.QuerySingleAsync<string>(
                "select concat_ws('|', rowan_version->>'title', external_version->>'deleted', severity) from calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Deleted_in_Rowan_and_changed_outside_comes_back(bool purged)
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var id = sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        sync.Calendar.Edit(id, c => c with { Title = "canary-title-theirs" });
        await sync.DeleteAsync("canary-title");
        if (purged)
        {
            await sync.Database.ExecuteAsync("delete from events");
        }

        await sync.SyncAsync();

        await sync.AssertSameTitlesAsync("canary-title-theirs");
        Assert.Equal(1, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task What_Rowan_does_not_know_survives_an_edit_in_Rowan()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var id = sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        // An alarm is no edit for Rowan, but the payload that the next edit is applied onto must be the new one.
        sync.Calendar.SetAlarm(id, "1 day before");
        sync.Calendar.Edit(id, c => c with { Start = Floating(c.Start), End = Floating(c.End) });
        await sync.SyncAsync();
        await sync.EditAsync("canary-title", "canary-title-new");
        await sync.RunDueAsync();

        var stored = sync.Calendar.Events[id];
        Assert.Equal("1 day before", stored.Alarm);
        Assert.IsType<EventTime.Floating>(stored.Content.Start);
        Assert.Equal("canary-title-new", stored.Content.Title);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task An_edit_that_lands_while_its_event_is_being_pushed_goes_out_too()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-1");
        await sync.RunDueAsync();

        sync.Calendar.AfterWrite = _ =>
        {
            sync.Calendar.AfterWrite = _ => Task.CompletedTask;
            return sync.EditAsync("canary-title-2", "canary-title-3");
        };
        await sync.EditAsync("canary-title-1", "canary-title-2");
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-3");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    private static EventTime.Floating Floating(EventTime time) => new(((EventTime.Zoned)time).Local);
}
