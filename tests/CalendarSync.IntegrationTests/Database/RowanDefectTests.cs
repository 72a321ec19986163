using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>Each defect of Rowan's own schema, by its number, and that it is not here.</summary>
public sealed class RowanDefectTests(PostgresServer postgres) : QueueTest(postgres)
{
    private ConnectionId Connection { get; set; }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Connection = await Database.CreateConnectionAsync(Space, Anna);
    }

    [Fact]
    public async Task B_DB_1_Events_are_inserted_and_updated_while_the_trigger_computes_a_priority_from_start_time()
    {
        var happening = await Database.CreateEventAsync(Space);
        await EditAsync(happening, "title = 'canary-2'");
        Assert.Equal(7, await Database.QuerySingleAsync<int>("select calculate_sync_priority(@id, 'update')", new { id = happening.Value }));
        Assert.Equal(2, await Database.QuerySingleAsync<int>("select calculate_sync_priority(@id, 'delete')", new { id = happening.Value }));
    }

    [Fact]
    public async Task B_DB_2_Every_index_is_valid_and_no_predicate_depends_on_the_clock_or_on_another_table() =>
        Assert.Empty(await Database.QueryAsync<string>(
            """
            select indexrelid::regclass::text
            from pg_index
            where indrelid::regclass::text ~ '^(calendar_|events)'
                and (not indisvalid or not indisready or pg_get_expr(indpred, indrelid) ~* '(now\(|current_timestamp|select)')
            """));

    [Fact]
    public async Task B_DB_3_A_member_who_has_no_right_on_the_queue_edits_events_of_a_connected_space()
    {
        await AsUserAsync(Ben, "insert into events (space_id, title, start_time) values (@Space, 'canary', now())", new { Space });
        await AsUserAsync(Ben, "update events set title = 'canary-2'");
        Assert.Equal(["update"], await OperationsAsync(Connection));
    }

    [Fact]
    public async Task B_DB_4_An_event_of_a_connected_space_can_be_deleted_for_good()
    {
        var happening = await Database.CreateEventAsync(Space);
        await Database.CreateMappingAsync(happening, Connection, "external");
        Assert.Equal(1, await AsUserAsync(Ben, "delete from events where id = @happening", new { happening }));
        Assert.Equal(["delete"], await OperationsAsync(Connection));
    }

    [Fact]
    public async Task B_DB_5_An_edit_of_an_event_that_was_synced_before_is_queued()
    {
        var happening = await Database.CreateEventAsync(Space);
        await AsServiceAsync(Connection, "update events set last_external_sync = now() where id = @happening", new { happening });
        await ClearQueueAsync();
        await EditAsync(happening, "title = 'canary-2'");
        Assert.Equal(["update"], await OperationsAsync(Connection));
        await EditAsync(happening, "deleted_at = now()");
        Assert.Equal(["delete"], await OperationsAsync(Connection));
    }

    [Fact]
    public async Task B_DB_6_An_imported_event_is_not_sent_back_to_where_it_came_from()
    {
        await AsServiceAsync(
            Connection,
            "insert into events (space_id, title, start_time, external_source, last_external_sync) values (@Space, 'canary', now(), 'apple', now())",
            new { Space });
        await AsServiceAsync(Connection, "update events set title = 'canary-2'");
        await AsServiceAsync(Connection, "update events set deleted_at = now()");
        Assert.Empty(await ItemsAsync());
    }

    [Fact]
    public async Task B_DB_7_Many_edits_of_an_event_are_one_item()
    {
        var happening = await Database.CreateEventAsync(Space);
        for (var i = 2; i <= 5; i++)
        {
            await EditAsync(happening, $"title = 'canary-{i}'");
        }

        Assert.Equal(5, Assert.Single(await ItemsAsync()).Version);
    }

    [Fact]
    public async Task B_DB_8_A_soft_delete_is_a_deletion_and_a_restore_a_creation()
    {
        var happening = await Database.CreateEventAsync(Space);
        await EditAsync(happening, "deleted_at = now()");
        Assert.Equal(["delete"], await OperationsAsync(Connection));
        await EditAsync(happening, "deleted_at = null");
        Assert.Equal(["create"], await OperationsAsync(Connection));
    }

    [Fact]
    public async Task B_DB_9_A_change_during_a_pass_or_an_error_or_an_expired_token_waits_to_be_sent()
    {
        foreach (var status in new[] { "syncing", "error", "token_expired" })
        {
            await Database.ExecuteAsync($"update calendar_connections set sync_status = '{status}'");
            await Database.CreateEventAsync(Space);
        }

        Assert.Equal(["create", "create", "create"], await OperationsAsync(Connection));
    }

    [Fact]
    public async Task B_DB_10_Work_mapping_and_history_outlive_the_event_and_history_the_mapping_and_the_connection()
    {
        var (connection, happening) = await FamilyRows.CreateAsync(Database, Space, Ben);
        await Database.ExecuteAsync("delete from events where id = @id", new { id = happening.Value });
        Assert.Equal(["delete"], await OperationsAsync(connection));
        Assert.Equal(1, await Database.QuerySingleAsync<long>("select count(*) from calendar_event_mappings"));

        await Database.ExecuteAsync("delete from calendar_event_mappings");
        await Database.ExecuteAsync("delete from calendar_connections where id = @id", new { id = connection.Value });
        Assert.Equal(
            ("canary", "apple", happening.Value),
            await ReadAsUserAsync<(string, string, Guid)>(Anna, "select title, provider::text, event_id from calendar_sync_conflicts where mapping_id is null and connection_id is null"));
    }

    [Fact]
    public async Task B_SEC_5_The_secret_of_a_push_channel_is_readable_by_no_user()
    {
        await FamilyRows.CreateAsync(Database, Space, Ben);
        Assert.Equal("channel", await ReadAsUserAsync<string>(Ben, "select webhook_id from calendar_webhook_subscriptions"));
        await AssertForbiddenAsync(() => ReadAsUserAsync<string>(Ben, "select webhook_secret from calendar_webhook_subscriptions"));
        await AssertForbiddenAsync(() => ReadAsUserAsync<object>(Ben, "select to_jsonb(s) from calendar_webhook_subscriptions s"));
        await AssertForbiddenAsync(() => AsUserAsync(Ben, "select get_expiring_webhooks(1000)"));
    }

    [Fact]
    public async Task Two_push_channels_of_one_connection_overlap_while_one_is_renewed_and_a_channel_id_is_used_once()
    {
        var (connection, _) = await FamilyRows.CreateAsync(Database, Space, Ben);
        const string Subscribe =
            """
            insert into calendar_webhook_subscriptions (connection_id, webhook_id, webhook_url, webhook_secret, resource_id, expires_at)
            values (@connection, @channel, 'https://example.com', 'canary', 'resource', now() + interval '1 day')
            """;
        await Database.ExecuteAsync(Subscribe, new { connection = connection.Value, channel = "renewed" });
        await AssertSqlStateAsync(
            Npgsql.PostgresErrorCodes.UniqueViolation, () => Database.ExecuteAsync(Subscribe, new { connection = connection.Value, channel = "renewed" }));

        await AsServiceAsync(null, "select increment_webhook_event_count('renewed')");
        Assert.Equal(["channel"], await Database.QueryAsync<string>("select webhook_id from get_expiring_webhooks(1)"));
        await AsServiceAsync(null, "select deactivate_webhook('channel')");
        Assert.Equal([("renewed", 1)], await Database.QueryAsync<(string, int)>("select webhook_id, events_received from get_expiring_webhooks(48)"));
    }

    [Fact]
    public async Task The_same_event_id_in_two_calendars_of_one_account_is_two_events()
    {
        await Database.CreateMappingAsync(await Database.CreateEventAsync(Space), Connection, "same", "one");
        await Database.CreateMappingAsync(await Database.CreateEventAsync(Space), Connection, "same", "two");
        var third = await Database.CreateEventAsync(Space);
        await AssertSqlStateAsync(Npgsql.PostgresErrorCodes.UniqueViolation, () => Database.CreateMappingAsync(third, Connection, "same", "two"));
    }

    [Fact]
    public async Task Rowans_own_queue_functions_still_claim_retry_with_growing_delays_and_give_up()
    {
        await Database.CreateEventAsync(Space);
        var id = Assert.Single(await Database.QueryAsync<Guid>("select id from get_pending_sync_queue_items()"));
        foreach (var minutes in new int?[] { 1, 5, null })
        {
            await AsServiceAsync(null, "select mark_queue_item_processing(@id), mark_queue_item_failed(@id, 'canary')", new { id });
            Assert.Equal(minutes, await Database.QuerySingleAsync<int?>("select round(extract(epoch from next_retry_at - now()) / 60)::int from calendar_sync_queue"));
            Assert.Empty(await Database.QueryAsync<Guid>("select id from get_pending_sync_queue_items()"));
        }

        await AsServiceAsync(null, "select mark_queue_item_completed(@id)", new { id });
        Assert.Equal("completed", Assert.Single(await ItemsAsync()).Status);
    }

    [Fact]
    public async Task A_conflict_is_resolved_by_a_member_in_the_own_name_and_by_nobody_else()
    {
        await FamilyRows.CreateAsync(Database, Space, Ben);
        var id = await Database.QuerySingleAsync<Guid>("select id from calendar_sync_conflicts");
        const string Resolve = "select (resolve_calendar_conflict(@id, 'rowan', @other, 'note')).resolved_by";
        await AssertSqlStateAsync(Npgsql.PostgresErrorCodes.NoDataFound, () => ReadAsUserAsync<Guid>(Stranger, Resolve, new { id, other = Anna }));
        Assert.Equal(Ben.Value, await ReadAsUserAsync<Guid>(Ben, Resolve, new { id, other = Anna }));
        Assert.Equal(
            // Its edit waits for the calendar.
            ("detected", "rowan", "note"),
            await Database.QuerySingleAsync<(string, string, string)>("select resolution_status::text, winning_source::text, resolution_notes from calendar_sync_conflicts"));
    }
}
