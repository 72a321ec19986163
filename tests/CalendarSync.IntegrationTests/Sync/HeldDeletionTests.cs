using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>Many deletions at once wait for a person (scenarios 14 to 18, 21), in both directions.</summary>
public sealed class HeldDeletionTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_calendar_that_comes_back_almost_empty_deletes_nothing_in_Rowan()
    {
        await using var sync = await ConnectedAsync(20);
        var stored = sync.Calendar.Events;
        Remove(sync, stored.Keys);
        sync.Calendar.ExpireCursors();
        sync.Calendar.Put("canary-title-new");
        await sync.SyncAsync();
        await sync.SyncAsync(full: true);

        Assert.Equal(21, (await sync.TitlesAsync()).Count);
        Assert.Equal(20, await HeldAsync(sync));

        // It was an accident of the server, and it is over: nobody has to decide any more.
        foreach (var (id, was) in stored)
        {
            sync.Calendar.Put(was.Content.Title, id: id, uid: was.Uid);
        }

        await sync.SyncAsync();
        Assert.Equal(21, (await sync.TitlesAsync()).Count);
        Assert.Equal(0, await HeldAsync(sync));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Tombstones_in_numbers_are_held_as_well_and_the_rest_of_the_pass_goes_on()
    {
        await using var sync = await ConnectedAsync(20);
        var ids = sync.Calendar.Events.Keys.ToList();
        Remove(sync, ids.Take(15));
        sync.Calendar.Edit(ids[19], c => c with { Title = "canary-title-edited" });
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-inside");
        await sync.SyncAsync();

        Assert.Equal(15, await HeldAsync(sync));
        Assert.Equal(21, (await sync.TitlesAsync()).Count);
        Assert.Contains("canary-title-edited", await sync.TitlesAsync());
        Assert.Contains(sync.Calendar.Events.Values, e => e.Content.Title == "canary-title-inside");
        await sync.AssertQuietAsync();
    }

    [Theory]
    [InlineData(9, 20, 0)]
    [InlineData(10, 40, 0)]
    [InlineData(13, 40, 13)]
    public async Task A_few_deletions_or_a_small_share_of_a_calendar_are_carried_out_at_once(int deletions, int events, int held)
    {
        await using var sync = await ConnectedAsync(events);
        Remove(sync, sync.Calendar.Events.Keys.Take(deletions));
        await sync.SyncAsync();

        Assert.Equal(held, await HeldAsync(sync));
        Assert.Equal(events - deletions + held, (await sync.TitlesAsync()).Count);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Many_small_steps_within_an_hour_are_a_mass_deletion_too()
    {
        await using var sync = await ConnectedAsync(30);
        Remove(sync, sync.Calendar.Events.Keys.Take(6).ToList());
        await sync.SyncAsync();
        Assert.Equal(24, (await sync.TitlesAsync()).Count);
        Remove(sync, sync.Calendar.Events.Keys.Take(6).ToList());
        await sync.SyncAsync();

        Assert.Equal(6, await HeldAsync(sync));
        Assert.Equal(24, (await sync.TitlesAsync()).Count);

        // The same six a day apart are six and six.
        await sync.Database.ExecuteAsync(
            "update calendar_connection_calendars set recent_deletions = '[]'; update calendar_held_deletions set held_at = now() - interval '2 hours'");
        Remove(sync, sync.Calendar.Events.Keys.Take(5).ToList());
        await sync.SyncAsync();
        Assert.Equal(19, (await sync.TitlesAsync()).Count);
    }

    [Fact]
    public async Task Approved_deletions_are_carried_out_by_the_next_pass_whatever_their_number()
    {
        await using var sync = await ConnectedAsync(20);
        Remove(sync, sync.Calendar.Events.Keys.Take(18).ToList());
        await sync.SyncAsync();
        Assert.Equal(18, await DecideAsync(sync, "approve"));
        await sync.RunDueAsync();

        Assert.Equal(2, (await sync.TitlesAsync()).Count);
        Assert.Equal(18, await sync.CountAsync("events where deleted_at is not null"));
        Assert.Equal(0, await sync.CountAsync("calendar_held_deletions"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Rejected_deletions_bring_the_events_back_to_the_calendar_once_and_are_not_asked_about_again()
    {
        await using var sync = await ConnectedAsync(20);
        var titles = (await sync.TitlesAsync()).ToArray();
        Remove(sync, sync.Calendar.Events.Keys.ToList());
        await sync.SyncAsync();
        Assert.Equal(20, await DecideAsync(sync, "reject"));
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync(titles);
        Assert.Equal(0, await sync.CountAsync("calendar_held_deletions"));
        Assert.Equal(0, await sync.CountAsync("events where deleted_at is not null"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task An_event_that_is_edited_in_Rowan_while_its_deletion_is_held_keeps_the_edit_whatever_is_decided()
    {
        foreach (var (decision, left) in new[] { ("approve", 0), ("reject", 20) })
        {
            await using var sync = await ConnectedAsync(20);
            Remove(sync, sync.Calendar.Events.Keys.ToList());
            await sync.SyncAsync();
            await sync.EditAsync("canary-title-0", "canary-title-ours");
            await sync.RunDueAsync();
            Assert.Equal(20, await HeldAsync(sync));

            await DecideAsync(sync, decision);
            await sync.RunDueAsync();

            Assert.Equal(left, (await sync.TitlesAsync()).Count);
            Assert.Equal(1, await sync.CountAsync("events where title = 'canary-title-ours'"));
            Assert.Equal(decision == "approve" ? 1 : 0, await sync.CountAsync("calendar_sync_conflicts where rowan_version->>'title' = 'canary-title-ours'"));
            await sync.AssertQuietAsync();
        }
    }

    [Fact]
    public async Task An_event_that_is_deleted_in_Rowan_too_needs_no_decision_any_more()
    {
        await using var sync = await ConnectedAsync(20);
        Remove(sync, sync.Calendar.Events.Keys.ToList());
        await sync.SyncAsync();
        await sync.DeleteAsync("canary-title-0");
        await sync.RunDueAsync();

        Assert.Equal(19, await HeldAsync(sync));
        await DecideAsync(sync, "reject");
        await sync.RunDueAsync();
        Assert.Equal(19, (await sync.TitlesAsync()).Count);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_space_that_is_emptied_in_Rowan_does_not_empty_the_calendar()
    {
        await using var sync = await ConnectedAsync(150);
        await sync.Database.ExecuteAsync("update events set deleted_at = now()");
        await sync.RunDueAsync();

        Assert.Equal(150, sync.Calendar.Events.Count);
        Assert.Equal(150, await HeldAsync(sync));
        await sync.AssertQuietAsync();

        await DecideAsync(sync, "approve");
        await sync.RunDueAsync();
        Assert.Empty(sync.Calendar.Events);
        Assert.Equal(0, await sync.CountAsync("calendar_held_deletions"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Rejected_deletions_of_Rowan_come_out_of_the_trash_and_those_deleted_for_good_come_back_from_the_calendar()
    {
        await using var sync = await ConnectedAsync(20);
        var titles = (await sync.TitlesAsync()).ToArray();
        await sync.Database.ExecuteAsync("update events set deleted_at = now(); delete from events where title in ('canary-title-3', 'canary-title-4')");
        await sync.RunDueAsync();
        Assert.Equal(20, await HeldAsync(sync));
        var writes = sync.Calendar.Writes;

        await DecideAsync(sync, "reject");
        await sync.RunDueAsync();
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync(titles);
        Assert.Equal(writes, sync.Calendar.Writes);
        Assert.Equal(0, await sync.CountAsync("calendar_held_deletions"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task An_event_that_is_restored_or_edited_outside_while_held_leaves_the_list_by_itself()
    {
        await using var sync = await ConnectedAsync(20);
        await sync.Database.ExecuteAsync("update events set deleted_at = now()");
        await sync.RunDueAsync();
        await sync.RestoreAsync("canary-title-0");
        sync.Calendar.Edit(sync.Calendar.Events.Single(e => e.Value.Content.Title == "canary-title-1").Key, c => c with { Title = "canary-title-theirs" });
        await sync.SyncAsync();

        Assert.Equal(18, await HeldAsync(sync));
        Assert.Equal(["canary-title-0", "canary-title-theirs"], (await sync.TitlesAsync()).Order());
        await DecideAsync(sync, "approve");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-0", "canary-title-theirs");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_worker_that_dies_after_holding_and_before_the_cursor_moved_asks_once()
    {
        await using var sync = await ConnectedAsync(20);
        Remove(sync, sync.Calendar.Events.Keys.ToList());
        await sync.SyncAsync();
        await sync.Database.ExecuteAsync("update calendar_connection_calendars set cursor = '0'");
        await sync.SyncAsync();
        await sync.SyncAsync();

        Assert.Equal(20, await HeldAsync(sync));
        Assert.Equal(1, await sync.CountAsync("in_app_notifications where metadata->>'calendar_sync' = 'deletions_held'"));
        Assert.Contains("20 deletions", await sync.Database.QuerySingleAsync<string>("select title from in_app_notifications"));
    }

    [Fact]
    public async Task Two_members_who_share_a_calendar_and_both_keep_its_events_make_them_once()
    {
        await using var sync = await ConnectedAsync(12);
        var other = await sync.Database.CreateUserAsync();
        await sync.Database.AddMemberAsync(sync.Space, other);
        await SyncHarness.ConnectAsync(sync.Database, sync.Space, other);
        await sync.RunDueAsync();
        var titles = (await sync.TitlesAsync()).ToArray();
        Remove(sync, sync.Calendar.Events.Keys.ToList());
        await sync.SyncAsync();
        Assert.Equal(24, await HeldAsync(sync));

        await sync.Database.ExecuteAsync("update calendar_held_deletions set decision = 'reject'");
        await sync.SyncAsync();
        await sync.SyncAsync();

        await sync.AssertSameTitlesAsync(titles);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Edits_that_find_nothing_in_an_emptied_calendar_delete_nothing_in_Rowan()
    {
        // Scenario 17: an edit goes out before the calendar is read, and each push says that its event is gone.
        await using var sync = await ConnectedAsync(20);
        Remove(sync, sync.Calendar.Events.Keys.ToList());
        await sync.Database.ExecuteAsync("update events set title = title || '-ours'");
        await sync.RunDueAsync();

        Assert.Equal(20, (await sync.TitlesAsync()).Count(title => title.EndsWith("-ours", StringComparison.Ordinal)));
        Assert.Equal(20, await HeldAsync(sync));
        Assert.Equal(0, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Parked_events_that_turn_out_to_be_gone_are_weighed_like_any_other_deletion()
    {
        await using var sync = await ConnectedAsync(20);
        var ids = sync.Calendar.Events.Keys.ToList();
        foreach (var id in ids)
        {
            sync.Calendar.Unreadable.Add(id);
            sync.Calendar.SetAlarm(id, "changed");
        }

        await sync.SyncAsync();
        Remove(sync, ids);
        await sync.Database.ExecuteAsync("update calendar_sync_errors set next_retry_at = now()");
        await sync.RunDueAsync();

        Assert.Equal(20, (await sync.TitlesAsync()).Count);
        Assert.Equal(20, await HeldAsync(sync));
    }

    [Fact]
    public async Task A_decision_waits_for_what_a_pass_is_committing_and_never_the_other_way_round()
    {
        await using var sync = await ConnectedAsync(20);
        Remove(sync, sync.Calendar.Events.Keys.ToList());
        await sync.SyncAsync();

        // A pass that has found all of them back, at the moment before its commit.
        await using var pass = await sync.Database.WorkerDatabase.BeginAsServiceAsync(sync.Connection, Cancellation);
        await pass.ExecuteAsync("select id from calendar_connections where id = @id for no key update", new { id = sync.Connection.Value }, Cancellation);
        var deciding = DecideAsync(sync, "approve");
        await WaitAsync(() => sync.Database.QuerySingleAsync<bool>(
            "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%decide_held_deletions%')"));
        await pass.ExecuteAsync("delete from calendar_held_deletions", null, Cancellation);
        await pass.CommitAsync(Cancellation);

        Assert.Equal(0, await deciding);
    }

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(60), "The decision never came to the lock.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        }
    }

    private async Task<SyncHarness> ConnectedAsync(int events)
    {
        var sync = await SyncHarness.CreateAsync(postgres, redis);
        for (var i = 0; i < events; i++)
        {
            sync.Calendar.Put($"canary-title-{i}", start: $"2030-05-{1 + (i % 28):00}T10:00:00");
        }

        await sync.RunDueAsync();
        return sync;
    }

    private static void Remove(SyncHarness sync, IEnumerable<string> ids)
    {
        foreach (var id in ids.ToList())
        {
            sync.Calendar.Remove(id);
        }
    }

    private static Task<long> HeldAsync(SyncHarness sync) => sync.CountAsync("calendar_held_deletions where decision is null");

    private static async Task<int> DecideAsync(SyncHarness sync, string decision)
    {
        await using var transaction = await sync.Database.ApiDatabase.BeginAsUserAsync(sync.User, Cancellation);
        var decided = await Core.Persistence.HeldDeletionStore.DecideAsync(transaction, sync.Connection, decision == "approve", Cancellation);
        await transaction.CommitAsync(Cancellation);
        return decided;
    }
}
