using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>What a change of an event leaves in the queue.</summary>
public sealed class QueueTriggerTests(PostgresServer postgres) : QueueTest(postgres)
{
    [Fact]
    public async Task A_new_event_is_queued_as_a_create_for_every_connection_of_its_space()
    {
        var apple = await Database.CreateConnectionAsync(Space, Anna);
        var google = await Database.CreateConnectionAsync(Space, Ben, "google");
        var elsewhere = await Database.CreateConnectionAsync(OtherSpace, Stranger);
        await AsUserAsync(Anna, "insert into events (space_id, title, start_time) values (@Space, 'canary', now())", new { Space });
        Assert.Equal(["create"], await OperationsAsync(apple));
        Assert.Equal(["create"], await OperationsAsync(google));
        Assert.Empty(await OperationsAsync(elsewhere));
    }

    [Fact]
    public async Task An_edit_a_deletion_and_a_restore_fold_into_one_item_whose_version_grows()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space);
        foreach (var (set, operation, version) in new[]
        {
            ("title = 'canary-2'", "update", 2L), ("deleted_at = now()", "delete", 3L), ("deleted_at = null", "create", 4L), ("location = 'canary'", "update", 5L),
        })
        {
            await EditAsync(happening, set);
            var item = Assert.Single(await ItemsAsync());
            Assert.Equal((operation, version, "pending"), (item.Operation, item.Version, item.Status));
        }

        await AsUserAsync(Anna, "delete from events where id = @happening", new { happening });
        Assert.Equal(["delete"], await OperationsAsync(connection));
    }

    [Fact]
    public async Task The_snapshot_is_the_newest_state_and_that_of_a_deletion_the_last_one()
    {
        await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space, "canary-old");
        await EditAsync(happening, "title = 'canary-new'");
        Assert.Equal("canary-new", await Database.QuerySingleAsync<string>("select event_snapshot ->> 'title' from calendar_sync_queue"));
        await Database.ExecuteAsync("delete from events");
        Assert.Equal("canary-new", await Database.QuerySingleAsync<string>("select event_snapshot ->> 'title' from calendar_sync_queue"));
    }

    [Fact]
    public async Task A_new_edit_wakes_an_item_that_was_given_up()
    {
        await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space);
        await Database.ExecuteAsync("update calendar_sync_queue set status = 'failed', retry_count = 3, next_retry_at = null, last_error = 'gone'");
        await EditAsync(happening, "title = 'canary-2'");
        Assert.Equal(
            ("pending", 0, null),
            await Database.QuerySingleAsync<(string, int, string?)>("select status::text, retry_count, last_error from calendar_sync_queue"));
    }

    [Fact]
    public async Task An_edit_that_lands_between_send_and_completion_stays_pending()
    {
        await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space);
        var (id, version) = await Database.QuerySingleAsync<(Guid, long)>("select id, version from calendar_sync_queue");
        await EditAsync(happening, "title = 'canary-2'");
        Assert.Equal(0, await AsServiceAsync(
            null,
            """
            update calendar_sync_queue set status = 'completed', processed_at = now()
            where id = @id and version = @version and status in ('pending', 'failed')
            """,
            new { id, version }));
        Assert.Equal("pending", Assert.Single(await ItemsAsync()).Status);
    }

    [Fact]
    public async Task A_completed_item_is_history_and_the_next_edit_makes_a_new_one()
    {
        await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space);
        await Database.ExecuteAsync("update calendar_sync_queue set status = 'completed', processed_at = now()");
        await EditAsync(happening, "title = 'canary-2'");
        Assert.Equal(["completed", "pending"], (await ItemsAsync()).Select(item => item.Status).Order());
    }

    [Theory]
    [InlineData("external_source = 'google'")]
    [InlineData("sync_locked = true")]
    [InlineData("last_external_sync = now()")]
    [InlineData("ical_uid = 'uid'")]
    [InlineData("updated_at = now()")]
    [InlineData("title = title")]
    public async Task A_change_of_the_syncs_own_columns_alone_is_not_queued(string set)
    {
        await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space);
        await ClearQueueAsync();
        await EditAsync(happening, set);
        Assert.Empty(await ItemsAsync());
    }

    [Fact]
    public async Task A_change_of_the_syncs_columns_together_with_another_one_is_queued()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space);
        await ClearQueueAsync();
        await EditAsync(happening, "ical_uid = 'uid', title = 'canary-2'");
        Assert.Equal(["update"], await OperationsAsync(connection));
    }

    [Fact]
    public async Task A_change_that_a_connection_brought_is_queued_for_every_other_one()
    {
        var origin = await Database.CreateConnectionAsync(Space, Anna);
        var other = await Database.CreateConnectionAsync(Space, Ben);
        await AsServiceAsync(origin, "insert into events (space_id, title, start_time) values (@Space, 'canary', now())", new { Space });
        Assert.Empty(await OperationsAsync(origin));
        Assert.Equal(["create"], await OperationsAsync(other));
    }

    [Fact]
    public async Task A_pooled_session_that_served_a_pass_queues_the_next_edit_for_its_connection_again()
    {
        var origin = await Database.CreateConnectionAsync(Space, Anna);
        await using var session = await Database.Owner.OpenConnectionAsync(Cancellation);
        await using (var transaction = await session.BeginTransactionAsync(Cancellation))
        {
            await using var pass = new Npgsql.NpgsqlCommand($"select set_config('calendar_sync.origin', '{origin.Value}', true)", session, transaction);
            await pass.ExecuteNonQueryAsync(Cancellation);
            await transaction.CommitAsync(Cancellation);
        }

        await using var look = new Npgsql.NpgsqlCommand("select current_setting('calendar_sync.origin', true)", session);
        Assert.Equal("", await look.ExecuteScalarAsync(Cancellation));
        await using var edit = new Npgsql.NpgsqlCommand($"insert into events (space_id, title, start_time) values ('{Space.Value}', 'canary', now())", session);
        await edit.ExecuteNonQueryAsync(Cancellation);
        Assert.Equal(["create"], await OperationsAsync(origin));
    }

    [Theory]
    [InlineData("active", 1)]
    [InlineData("syncing", 1)]
    [InlineData("error", 1)]
    [InlineData("token_expired", 1)]
    [InlineData("disconnected", 0)]
    public async Task Only_a_disconnected_connection_does_not_collect_its_work(string status, int items)
    {
        await Database.CreateConnectionAsync(Space, Anna, status: status);
        await Database.CreateEventAsync(Space);
        Assert.Equal(items, (await ItemsAsync()).Count);
    }

    [Fact]
    public async Task A_paused_connection_collects_its_work()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        await Database.ExecuteAsync("update calendar_connections set sync_enabled = false");
        await Database.CreateEventAsync(Space);
        Assert.Equal(["create"], await OperationsAsync(connection));
    }

    [Theory]
    [InlineData("bidirectional", 1)]
    [InlineData("outbound_only", 1)]
    [InlineData("inbound_only", 0)]
    public async Task Only_connections_that_send_are_queued_for(string direction, int items)
    {
        await Database.CreateConnectionAsync(Space, Anna, direction: direction);
        await Database.CreateEventAsync(Space);
        Assert.Equal(items, (await ItemsAsync()).Count);
    }

    [Theory]
    [InlineData("outlook")]
    [InlineData("ics")]
    public async Task Connections_that_Rowan_itself_syncs_are_left_alone(string provider)
    {
        await Database.CreateConnectionAsync(Space, Anna, provider);
        await Database.CreateEventAsync(Space);
        Assert.Empty(await ItemsAsync());
    }

    [Theory]
    [InlineData("task")]
    [InlineData("chore")]
    [InlineData("bill_due")]
    public async Task Excluded_event_types_are_not_exported_unless_they_are_outside_already(string type)
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space, eventType: type);
        Assert.Empty(await ItemsAsync());
        await Database.CreateMappingAsync(happening, connection, "external", origin: "exported");
        await EditAsync(happening, "title = 'canary-2'");
        Assert.Equal(["update"], await OperationsAsync(connection));
    }

    [Fact]
    public async Task A_connection_decides_itself_which_event_types_it_excludes()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        await AsUserAsync(Anna, "update calendar_connections set excluded_event_types = '{family}'");
        await Database.CreateEventAsync(Space, eventType: "family");
        await Database.CreateEventAsync(Space, eventType: "task");
        await Database.CreateEventAsync(Space, eventType: null);
        Assert.Equal(["create", "create"], await OperationsAsync(connection));
    }

    [Fact]
    public async Task A_move_to_another_space_deletes_in_the_old_calendars_and_creates_in_the_new_ones()
    {
        await Database.AddMemberAsync(OtherSpace, Anna);
        var old = await Database.CreateConnectionAsync(Space, Anna);
        var moved = await Database.CreateConnectionAsync(OtherSpace, Stranger);
        var happening = await Database.CreateEventAsync(Space);
        await ClearQueueAsync();
        await AsUserAsync(Anna, "update events set space_id = @OtherSpace where id = @happening", new { OtherSpace, happening });
        Assert.Equal(["delete"], await OperationsAsync(old));
        Assert.Equal(["create"], await OperationsAsync(moved));
    }

    [Fact]
    public async Task A_deletion_and_a_move_in_one_statement_only_delete_and_a_restore_and_a_move_only_create()
    {
        await Database.AddMemberAsync(OtherSpace, Anna);
        var old = await Database.CreateConnectionAsync(Space, Anna);
        var moved = await Database.CreateConnectionAsync(OtherSpace, Stranger);
        var happening = await Database.CreateEventAsync(Space);
        await ClearQueueAsync();
        await Database.ExecuteAsync("update events set deleted_at = now(), space_id = @OtherSpace where id = @happening", new { OtherSpace = OtherSpace.Value, happening = happening.Value });
        Assert.Equal(["delete"], await OperationsAsync(old));
        Assert.Empty(await OperationsAsync(moved));
        await ClearQueueAsync();
        await Database.ExecuteAsync("update events set deleted_at = null, space_id = @Space where id = @happening", new { Space = Space.Value, happening = happening.Value });
        Assert.Equal(["create"], await OperationsAsync(old));
        Assert.Empty(await OperationsAsync(moved));
    }

    [Fact]
    public async Task What_happens_in_the_trash_stays_there()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space);
        await EditAsync(happening, "deleted_at = now()");
        await ClearQueueAsync();
        await EditAsync(happening, "title = 'canary-2'");
        Assert.Empty(await OperationsAsync(connection));
        await Database.ExecuteAsync("delete from events");
        Assert.Empty(await OperationsAsync(connection));
    }

    [Fact]
    public async Task An_event_that_is_emptied_from_the_trash_while_it_is_still_outside_is_deleted_there()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space);
        await Database.CreateMappingAsync(happening, connection, "external", origin: "exported");
        await EditAsync(happening, "deleted_at = now()");
        await ClearQueueAsync();
        await Database.ExecuteAsync("delete from events");
        Assert.Equal(["delete"], await OperationsAsync(connection));
        Assert.Equal(1, await Database.QuerySingleAsync<long>("select count(*) from calendar_sync_queue q join calendar_event_mappings m on m.id = q.mapping_id"));
    }

    [Fact]
    public async Task An_event_without_a_space_and_one_that_is_born_deleted_are_not_queued()
    {
        await Database.CreateConnectionAsync(Space, Anna);
        await Database.ExecuteAsync("insert into events (title, start_time) values ('canary', now())");
        await Database.ExecuteAsync("insert into events (space_id, title, start_time, deleted_at) values (@Space, 'canary', now(), now())", new { Space = Space.Value });
        Assert.Empty(await ItemsAsync());
    }

    [Theory]
    [InlineData("-3 years", 1)]
    [InlineData("59 minutes", 1)]
    [InlineData("2 hours", 3)]
    [InlineData("23 hours", 3)]
    [InlineData("25 hours", 5)]
    [InlineData("6 days", 5)]
    [InlineData("8 days", 7)]
    public async Task The_nearer_an_event_the_sooner_it_is_sent(string ahead, int priority)
    {
        await Database.CreateConnectionAsync(Space, Anna);
        await Database.ExecuteAsync("insert into events (space_id, title, start_time) values (@Space, 'canary', now() + @ahead::interval)", new { Space = Space.Value, ahead });
        Assert.Equal(priority, Assert.Single(await ItemsAsync()).Priority);
    }

    [Fact]
    public async Task Folding_keeps_the_most_urgent_priority()
    {
        await Database.CreateConnectionAsync(Space, Anna);
        var happening = await Database.CreateEventAsync(Space);
        await EditAsync(happening, "deleted_at = now()");
        Assert.Equal(2, Assert.Single(await ItemsAsync()).Priority);
        await EditAsync(happening, "deleted_at = null");
        Assert.Equal(2, Assert.Single(await ItemsAsync()).Priority);
    }

    [Fact]
    public async Task A_statement_that_changes_many_events_queues_each()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        await Database.ExecuteAsync(
            "insert into events (space_id, title, start_time) select @Space, 'canary', now() from generate_series(1, 500)", new { Space = Space.Value });
        await Database.ExecuteAsync("update events set deleted_at = now()");
        var items = await ItemsAsync();
        Assert.Equal(500, items.Count);
        Assert.All(items, item => Assert.Equal((connection.Value, "delete", 2L), (item.ConnectionId, item.Operation, item.Version)));
    }

    [Fact]
    public async Task Each_restore_begins_a_new_generation_and_nobody_can_turn_it_back()
    {
        var happening = await Database.CreateEventAsync(Space);
        await EditAsync(happening, "deleted_at = now()");
        await EditAsync(happening, "deleted_at = null");
        await EditAsync(happening, "title = 'canary-2', sync_generation = 0");
        await EditAsync(happening, "deleted_at = now()");
        await EditAsync(happening, "deleted_at = now()");
        await EditAsync(happening, "deleted_at = null");
        Assert.Equal(2, await Database.QuerySingleAsync<int>("select sync_generation from events"));
    }

    [Fact]
    public async Task The_trace_of_the_request_rides_in_the_item()
    {
        await Database.CreateConnectionAsync(Space, Anna);
        await using var transaction = await Database.ApiDatabase.BeginAsUserAsync(Anna, Cancellation);
        await transaction.ExecuteAsync("select set_config('calendar_sync.traceparent', '00-trace', true)", null, Cancellation);
        await transaction.ExecuteAsync("insert into events (space_id, title, start_time) values (@Space, 'canary', now())", new { Space }, Cancellation);
        await transaction.CommitAsync(Cancellation);
        Assert.Equal("00-trace", await Database.QuerySingleAsync<string>("select trace_parent from calendar_sync_queue"));
    }

    [Fact]
    public async Task A_space_with_connections_and_work_can_be_deleted()
    {
        await Database.CreateConnectionAsync(Space, Anna);
        await Database.CreateEventAsync(Space);
        await Database.ExecuteAsync("delete from spaces where id = @Space", new { Space = Space.Value });
        Assert.Empty(await ItemsAsync());
    }

    [Fact]
    public async Task Edits_of_the_same_events_in_opposite_order_by_two_sessions_wait_and_both_succeed()
    {
        await Database.CreateConnectionAsync(Space, Anna);
        var one = await Database.CreateEventAsync(Space);
        var other = await Database.CreateEventAsync(Space);
        await ClearQueueAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => AsUserAsync(
            i % 2 == 0 ? Anna : Ben,
            "with mine as (select id from events where id = any (@ids) order by id for update) update events set title = @title where id in (select id from mine)",
            new { ids = new[] { one.Value, other.Value }, title = $"canary-{i}" })));
        Assert.Equal([20L, 20L], (await ItemsAsync()).Select(item => item.Version));
    }
}
