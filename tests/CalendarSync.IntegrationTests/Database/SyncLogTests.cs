using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>The logs' partitions, and what retention removes.</summary>
public sealed class SyncLogTests(PostgresServer postgres) : DatabaseTest(postgres)
{
    private ConnectionId Connection { get; set; }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Connection = await Database.CreateConnectionAsync(Space, Anna);
    }

    [Fact]
    public async Task This_month_and_the_next_three_have_their_partition_and_a_repeat_makes_none()
    {
        Assert.Equal(
            await Database.QueryAsync<string>(
                "select 'calendar_sync_logs_y' || to_char((now() at time zone 'UTC') + make_interval(months => m), 'YYYY\"m\"MM') from generate_series(0, 3) m"),
            await PartitionsAsync());
        Assert.Equal(0, await Database.QuerySingleAsync<int>("select ensure_sync_log_partitions(3)"));
        Assert.Equal(2, await Database.QuerySingleAsync<int>("select ensure_sync_log_partitions(5)"));
    }

    [Fact]
    public async Task A_row_without_a_partition_waits_in_the_default_one_and_moves_when_its_partition_is_made()
    {
        await LogAsync("now() - interval '40 days'");
        await LogAsync("now() + interval '5 months'");
        const string Waiting = "select count(*) from calendar_sync_logs_default";
        Assert.Equal(2, await Database.QuerySingleAsync<long>(Waiting));
        Assert.True(await Database.QuerySingleAsync<int>("select ensure_sync_log_partitions(6)") >= 4);
        Assert.Equal(0, await Database.QuerySingleAsync<long>(Waiting));
        Assert.Equal(2, await Database.QuerySingleAsync<long>("select count(*) from calendar_sync_logs"));
    }

    [Fact]
    public async Task A_partition_of_later_is_closed_to_users_like_the_first_ones()
    {
        await Database.ExecuteAsync("select ensure_sync_log_partitions(12)");
        foreach (var partition in await PartitionsAsync())
        {
            await AssertForbiddenAsync(() => ReadAsUserAsync<long>(Anna, $"select count(*) from {partition}"));
        }
    }

    [Fact]
    public async Task The_duration_is_computed_when_a_pass_ends_and_when_it_is_written_whole()
    {
        await Database.ExecuteAsync(
            """
            insert into calendar_sync_logs (connection_id, sync_type, sync_direction, started_at, completed_at)
            values (@Connection, 'full', 'bidirectional', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01.5Z'),
                   (@Connection, 'full', 'bidirectional', '2026-01-01T00:00:00Z', null)
            """,
            new { Connection = Connection.Value });
        await Database.ExecuteAsync("update calendar_sync_logs set completed_at = started_at + interval '2 seconds' where completed_at is null");
        Assert.Equal([1500, 2000], await Database.QueryAsync<int>("select duration_ms from calendar_sync_logs order by 1"));
    }

    [Fact]
    public async Task Logs_older_than_ninety_days_are_removed_whole_months_as_a_table()
    {
        foreach (var age in new[] { "200 days", "91 days", "89 days", "0 days" })
        {
            await LogAsync($"now() - interval '{age}'");
        }

        await Database.ExecuteAsync("select ensure_sync_log_partitions(0)");
        var before = await PartitionsAsync();
        await AsServiceAsync(null, "select cleanup_old_sync_logs()");
        Assert.Equal(2, await Database.QuerySingleAsync<long>("select count(*) from calendar_sync_logs"));
        Assert.True((await PartitionsAsync()).Count < before.Count);
        Assert.Equal(1, await Database.QuerySingleAsync<long>("select cleanup_old_sync_logs(30)"));
    }

    [Fact]
    public async Task Done_work_and_work_of_ended_connections_is_removed_after_seven_days_and_open_work_never()
    {
        var ended = await Database.CreateConnectionAsync(Space, Ben, status: "disconnected");
        await Database.ExecuteAsync(
            """
            alter table calendar_sync_queue disable trigger update_calendar_sync_queue_updated_at;
            insert into calendar_sync_queue (event_id, connection_id, operation, status, processed_at, updated_at) values
                (gen_random_uuid(), @Connection, 'update', 'completed', now() - interval '8 days', now() - interval '8 days'),
                (gen_random_uuid(), @Connection, 'update', 'completed', now() - interval '6 days', now() - interval '6 days'),
                (gen_random_uuid(), @Connection, 'update', 'pending', null, now() - interval '80 days'),
                (gen_random_uuid(), @ended, 'update', 'pending', null, now() - interval '8 days'),
                (gen_random_uuid(), @ended, 'update', 'pending', null, now())
            """,
            new { Connection = Connection.Value, ended = ended.Value });
        Assert.Equal(2, await Database.QuerySingleAsync<int>("select cleanup_completed_queue_items()"));
        Assert.Equal(3, await Database.QuerySingleAsync<long>("select count(*) from calendar_sync_queue"));
    }

    [Fact]
    public async Task The_trash_is_emptied_after_thirty_days_even_of_an_override_that_its_series_names()
    {
        var series = await Database.CreateEventAsync(Space);
        var instance = await Database.CreateEventAsync(Space);
        var recent = await Database.CreateEventAsync(Space);
        await Database.ExecuteAsync(
            """
            insert into recurring_event_exceptions (series_id, exception_date, exception_type, modified_event_id) values (@series, '2026-01-01', 'modified', @instance);
            update events set deleted_at = now() - interval '31 days' where id = @instance;
            update events set deleted_at = now() - interval '29 days' where id = @recent;
            """,
            new { series = series.Value, instance = instance.Value, recent = recent.Value });
        Assert.Equal(1, await Database.QuerySingleAsync<int>("select cleanup_deleted_events()"));
        Assert.Equal(
            new[] { series.Value, recent.Value }.Order(), (await Database.QueryAsync<Guid>("select id from events")).Order());
    }

    [Fact]
    public async Task Resolved_errors_are_removed_and_open_ones_never()
    {
        await Database.ExecuteAsync(
            """
            insert into calendar_sync_errors (connection_id, direction, operation, code, message, occurred_at, resolved_at) values
                (@Connection, 'inbound', 'read', 'x', 'x', now() - interval '99 days', now() - interval '91 days'),
                (@Connection, 'inbound', 'read', 'x', 'x', now() - interval '99 days', null)
            """,
            new { Connection = Connection.Value });
        Assert.Equal(1, await Database.QuerySingleAsync<int>("select cleanup_resolved_sync_errors()"));
        Assert.Equal(1, await Database.QuerySingleAsync<long>("select count(*) from calendar_sync_errors where resolved_at is null"));
    }

    private Task<int> LogAsync(string created) => Database.ExecuteAsync(
        $"insert into calendar_sync_logs (connection_id, sync_type, sync_direction, created_at) values (@Connection, 'full', 'bidirectional', {created})",
        new { Connection = Connection.Value });

    private Task<IReadOnlyList<string>> PartitionsAsync() => Database.QueryAsync<string>(
        """
        select inhrelid::regclass::text
        from pg_inherits
        where inhparent = 'public.calendar_sync_logs'::regclass and inhrelid <> 'public.calendar_sync_logs_default'::regclass
        order by 1
        """);
}
