using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;
using Dapper;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>disconnect_calendar: what goes, what stays, and who may.</summary>
public sealed class DisconnectFunctionTests(PostgresServer postgres) : QueueTest(postgres)
{
    private ConnectionId Connection { get; set; }

    private RowanEventId Imported { get; set; }

    private RowanEventId Exported { get; set; }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        (Connection, Imported) = await FamilyRows.CreateAsync(Database, Space, Ben);
        Exported = await Database.CreateEventAsync(Space);
        await Database.CreateMappingAsync(Exported, Connection, "exported", origin: "exported");
        await Database.ExecuteAsync("update events set external_source = 'apple', sync_locked = true where id = @Imported", new { Imported = Imported.Value });
    }

    [Fact]
    public async Task Everything_that_hangs_on_the_connection_goes_and_history_stays()
    {
        Assert.Equal(2, await DisconnectAsync(Ben));
        foreach (var table in new[]
        {
            "calendar_event_mappings", "calendar_connection_calendars", "calendar_sync_queue", "calendar_sync_errors", "calendar_webhook_subscriptions",
            "calendar_private.calendar_secrets",
        })
        {
            Assert.Equal((table, 0L), (table, await Database.QuerySingleAsync<long>($"select count(*) from {table}")));
        }

        foreach (var table in new[] { "calendar_sync_conflicts", "calendar_sync_logs", "calendar_connections" })
        {
            Assert.Equal((table, 1L), (table, await ReadAsUserAsync<long>(Anna, $"select count(*) from {table}")));
        }

        Assert.Equal(
            ("disconnected", 1L),
            await Database.QuerySingleAsync<(string, long)>("select sync_status::text, fence from calendar_connections where lease_until is null"));
    }

    [Fact]
    public async Task Events_stay_and_forget_where_they_came_from()
    {
        await DisconnectAsync(Ben);
        Assert.Equal(2, await Database.QuerySingleAsync<long>("select count(*) from events where deleted_at is null and external_source is null and not sync_locked"));
    }

    [Fact]
    public async Task On_request_imported_events_go_to_the_trash_and_exported_ones_stay()
    {
        Assert.Equal(2, await DisconnectAsync(Ben, deleteEvents: true));
        Assert.Equal((Imported.Value, Ben.Value), await Database.QuerySingleAsync<(Guid, Guid)>("select id, deleted_by from events where deleted_at is not null"));
    }

    [Fact]
    public async Task The_deletion_of_imported_events_is_queued_for_other_calendars_that_hold_a_copy()
    {
        var copy = await Database.CreateConnectionAsync(Space, Anna, "google");
        await Database.CreateMappingAsync(Imported, copy, "copy", origin: "exported");
        await DisconnectAsync(Ben, deleteEvents: true);
        Assert.Equal(["delete"], await OperationsAsync(copy));
        Assert.Empty(await OperationsAsync(Connection));
    }

    [Fact]
    public async Task An_event_that_another_connected_calendar_holds_as_its_own_stays_and_names_that_one()
    {
        var own = await Database.CreateConnectionAsync(Space, Anna, "google");
        await Database.CreateMappingAsync(Imported, own, "own", origin: "matched");
        await DisconnectAsync(Ben, deleteEvents: true);
        Assert.Equal(
            "google", await Database.QuerySingleAsync<string>("select external_source::text from events where id = @id and deleted_at is null", new { id = Imported.Value }));
        Assert.Empty(await OperationsAsync(own));
    }

    [Fact]
    public async Task The_owner_of_the_connection_and_admins_of_the_space_may_disconnect_and_nobody_else()
    {
        var carl = await Database.CreateUserAsync("Carl");
        await Database.AddMemberAsync(Space, carl);
        await AssertForbiddenAsync(() => DisconnectAsync(carl));
        await AssertForbiddenAsync(() => DisconnectAsync(Stranger));
        await DisconnectAsync(Anna);
    }

    [Fact]
    public async Task Disconnecting_again_changes_nothing_more()
    {
        await DisconnectAsync(Ben);
        Assert.Equal(0, await DisconnectAsync(Ben));
    }

    [Fact]
    public async Task A_disconnect_waits_for_the_page_that_a_pass_is_committing_and_then_clears_it_too()
    {
        await using var page = await Database.WorkerDatabase.BeginAsServiceAsync(Connection, Cancellation);
        await page.ExecuteAsync("select 1 from calendar_connections where id = @Connection and fence = 0 for no key update", new { Connection }, Cancellation);

        var disconnecting = DisconnectAsync(Ben, deleteEvents: true);
        await WaitUntilItWaitsAsync(disconnecting);
        Assert.False(disconnecting.IsCompleted);

        await page.ExecuteAsync(
            """
            with imported as (insert into events (space_id, title, start_time, external_source) values (@Space, 'canary', now(), 'apple') returning id)
            insert into calendar_event_mappings (rowan_event_id, connection_id, external_event_id, external_calendar_id, origin)
            select id, @Connection, 'late', 'calendar', 'imported' from imported
            """,
            new { Space, Connection },
            Cancellation);
        await page.CommitAsync(Cancellation);

        Assert.Equal(3, await disconnecting);
        Assert.Equal(0, await Database.QuerySingleAsync<long>("select count(*) from calendar_event_mappings"));
        Assert.Equal(1, await Database.QuerySingleAsync<long>("select count(*) from events where deleted_at is null"));
        Assert.Equal(0, await AsServiceAsync(null, "update calendar_connections set last_sync_at = now() where id = @Connection and fence = 0", new { Connection }));
    }

    [Fact]
    public async Task An_edit_that_is_queueing_work_for_the_connection_does_not_deadlock_with_its_end()
    {
        await using var edit = await Database.ApiDatabase.BeginAsUserAsync(Anna, Cancellation);
        await edit.ExecuteAsync("update events set title = 'canary-2' where id = @Imported", new { Imported }, Cancellation);

        var disconnecting = DisconnectAsync(Ben, deleteEvents: true);
        await WaitUntilItWaitsAsync(disconnecting);
        await edit.ExecuteAsync("update events set title = 'canary-3' where id = @Exported", new { Exported }, Cancellation);
        await edit.CommitAsync(Cancellation);
        Assert.Equal(2, await disconnecting);
    }

    private Task<int> DisconnectAsync(UserId user, bool deleteEvents = false) =>
        ReadAsUserAsync<int>(user, "select disconnect_calendar(@Connection, @deleteEvents)", new { Connection, deleteEvents });

    private async Task WaitUntilItWaitsAsync(Task disconnecting)
    {
        await using var session = await Database.Owner.OpenConnectionAsync(Cancellation);
        while (!disconnecting.IsCompleted && await session.ExecuteScalarAsync<long>(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }
    }
}
