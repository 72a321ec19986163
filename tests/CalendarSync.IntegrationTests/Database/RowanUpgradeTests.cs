using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.IntegrationTests.Fixtures;
using Npgsql;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>The migrations on a database that already holds Rowan's own objects and rows.</summary>
public sealed class RowanUpgradeTests(PostgresServer postgres) : IAsyncLifetime
{
    private static readonly UserId Anna = new(Guid.Parse("00000000-0000-0000-0000-00000000000a"));
    private static readonly UserId Stranger = new(Guid.Parse("00000000-0000-0000-0000-00000000000b"));
    private TestDatabase? _database;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateEmptyDatabaseAsync();
        await Database.ExecuteAsync(RowanAsItIs.Supabase);
        await Database.ExecuteAsync(RowanAsItIs.Family);
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    [Fact]
    public async Task Rowan_without_its_integration_takes_all_migrations_and_keeps_its_own_policies()
    {
        Assert.NotEmpty(await Database.MigrateAsync());
        Assert.Equal(["events_all"], await Database.QueryAsync<string>("select policyname::text from pg_policies where tablename = 'events'"));
        Assert.Equal(0, await Database.QuerySingleAsync<long>("select count(*) from events where all_day is null"));
    }

    [Fact]
    public async Task Rowans_rows_are_all_there_afterwards()
    {
        await UpgradeAsync();
        foreach (var (table, rows) in new[]
        {
            ("users", 2L), ("spaces", 2L), ("events", 2L), ("calendar_connections", 3L), ("calendar_event_mappings", 1L), ("calendar_sync_logs", 10L),
            ("calendar_sync_conflicts", 1L), ("calendar_webhook_subscriptions", 1L),
        })
        {
            Assert.Equal((table, rows), (table, await Database.QuerySingleAsync<long>($"select count(*) from {table}")));
        }
    }

    [Fact]
    public async Task Its_outlook_and_ics_connections_are_left_alone()
    {
        const string State =
            "select provider::text, sync_token, provider_config::text, next_sync_at::text, updated_at::text from calendar_connections where provider::text in ('outlook', 'ics') order by 1";
        await PrepareAsync();
        var before = await Database.QueryAsync<(string, string?, string?, string?, string)>(State);
        await Database.MigrateAsync();
        Assert.Equal(before, await Database.QueryAsync<(string, string?, string?, string?, string)>(State));
    }

    [Fact]
    public async Task The_owner_of_a_connection_whose_token_Rowan_never_stored_is_asked_to_connect_again()
    {
        await UpgradeAsync();
        Assert.Equal(
            [("google", "token_expired", "Please connect this calendar again."), ("ics", "active", null), ("outlook", "active", null)],
            await Database.QueryAsync<(string, string, string?)>(
                "select provider::text, sync_status::text, last_error_message from calendar_connections order by 1"));
    }

    [Fact]
    public async Task Rowans_own_code_can_still_read_whole_connections_and_write_those_of_its_providers()
    {
        await UpgradeAsync();
        await using var anna = await Database.ApiDatabase.BeginAsUserAsync(Anna, Cancellation);
        Assert.Equal(3, (await anna.QueryAsync<object>("select * from calendar_connections", null, Cancellation)).Count);
        Assert.Equal(1, await anna.ExecuteAsync(
            "update calendar_connections set sync_token = 'next', last_sync_at = now(), next_sync_at = now(), last_error = null where provider = 'outlook'", null, Cancellation));
        Assert.Equal(1, await anna.ExecuteAsync("delete from calendar_connections where provider = 'ics'", null, Cancellation));
        Assert.Single(await anna.QueryAsync<object>(
            """
            insert into calendar_connections (user_id, space_id, provider, sync_direction, provider_config)
            values (auth.uid(), '00000000-0000-0000-0000-0000000000f1', 'ics', 'inbound_only', '{}')
            returning *
            """,
            null,
            Cancellation));
    }

    [Fact]
    public async Task Its_logs_move_into_monthly_partitions_without_loss()
    {
        await PrepareAsync();
        const string Logs = "select md5(string_agg(id::text || started_at::text || events_created::text || duration_ms::text || created_at::text, ',' order by id)) from calendar_sync_logs";
        var before = await Database.QuerySingleAsync<string>(Logs);
        await Database.MigrateAsync();
        Assert.Equal(before, await Database.QuerySingleAsync<string>(Logs));
        Assert.Equal("p", await Database.QuerySingleAsync<string>("select relkind::text from pg_class where oid = 'public.calendar_sync_logs'::regclass"));
        Assert.Equal(0, await Database.QuerySingleAsync<long>("select count(*) from calendar_sync_logs_default"));
        Assert.Null(await Database.QuerySingleAsync<string?>("select to_regclass('public.calendar_sync_logs_unpartitioned')::text"));
    }

    [Fact]
    public async Task Its_queue_keeps_the_newest_open_item_of_an_event_and_forgets_what_names_none()
    {
        await UpgradeAsync();
        Assert.Equal(
            [("update", "completed"), ("update", "pending")],
            await Database.QueryAsync<(string, string)>("select operation::text, status::text from calendar_sync_queue order by 2"));
    }

    [Fact]
    public async Task Its_conflicts_learn_where_they_belong_and_outlive_their_event()
    {
        await UpgradeAsync();
        await Database.ExecuteAsync("delete from events; delete from calendar_event_mappings");
        Assert.Equal(
            (Guid.Parse("00000000-0000-0000-0000-0000000000f1"), Guid.Parse("00000000-0000-0000-0000-0000000000e1"), "google", "canary-1"),
            await Database.QuerySingleAsync<(Guid, Guid, string, string)>("select space_id, event_id, provider::text, title from calendar_sync_conflicts"));
    }

    [Fact]
    public async Task Events_that_no_edit_could_touch_before_are_edited_and_queued_once()
    {
        await PrepareAsync();
        await Assert.ThrowsAsync<PostgresException>(() => EditAsync());
        await Database.MigrateAsync();
        await Database.ExecuteAsync("delete from calendar_sync_queue");
        Assert.Equal(2, await EditAsync());
        Assert.Equal(
            [("google", 2L)],
            await Database.QueryAsync<(string, long)>("select c.provider::text, count(*) from calendar_sync_queue q join calendar_connections c on c.id = q.connection_id group by 1"));
    }

    [Fact]
    public async Task What_Rowan_left_open_to_everybody_is_closed()
    {
        await UpgradeAsync();
        Assert.Empty(await Database.QueryAsync<string>(
            """
            select p.proname::text
            from pg_proc p
            where p.pronamespace = 'public'::regnamespace
                and p.proname not in ('user_has_space_access', 'update_updated_at_column')
                and has_function_privilege('anon', p.oid, 'execute')
            """));
        Assert.Empty(await Database.QueryAsync<string>(
            """
            select c.relname::text
            from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relname like 'calendar\_%' and c.relkind in ('r', 'p')
                and (not c.relrowsecurity or has_table_privilege('anon', c.oid, 'select, insert, update, delete'))
            """));
        Assert.Empty(await Database.QueryAsync<string>("select policyname::text from pg_policies where tablename like 'calendar\\_%' and policyname like 'Users can%'"));

        await using var stranger = await Database.ApiDatabase.BeginAsUserAsync(Stranger, Cancellation);
        foreach (var table in new[]
        {
            "calendar_connections", "calendar_event_mappings", "calendar_sync_logs", "calendar_sync_conflicts", "calendar_webhook_subscriptions", "calendar_sync_queue",
        })
        {
            Assert.Equal([0L], await stranger.QueryAsync<long>($"select count(*) from {table}", null, Cancellation));
        }

        await using var anna = await Database.ApiDatabase.BeginAsUserAsync(Anna, Cancellation);
        Assert.Equal([1L], await anna.QueryAsync<long>("select count(*) from calendar_webhook_subscriptions", null, Cancellation));
        await Assert.ThrowsAsync<PostgresException>(() => anna.QueryAsync<string>("select webhook_secret from calendar_webhook_subscriptions", null, Cancellation));
    }

    [Fact]
    public async Task The_same_tables_columns_constraints_indexes_and_functions_stand_as_on_an_empty_database()
    {
        await UpgradeAsync();
        await using var fresh = await postgres.CreateDatabaseAsync();
        foreach (var what in new[] { Columns, Constraints, Indexes, Functions, Triggers, Policies, ColumnGrants })
        {
            Assert.Equal(await fresh.QueryAsync<string>(what), await Database.QueryAsync<string>(what));
        }
    }

    [Fact]
    public async Task A_second_run_finds_nothing_to_do_and_every_script_could_be_applied_again()
    {
        await UpgradeAsync();
        Assert.Empty(await Database.MigrateAsync());
        await Database.ExecuteAsync("drop schema calendar_migrations cascade");
        Assert.NotEmpty(await Database.MigrateAsync());
        Assert.Equal(10, await Database.QuerySingleAsync<long>("select count(*) from calendar_sync_logs"));
        Assert.Empty(await new MigrationState(Database.Worker).GetMissingAsync(Cancellation));
    }

    private const string Ours = "(relname like 'calendar\\_%' and relname not like 'calendar\\_sync\\_logs\\_%')";

    // Rowan's own nullability of two timestamps and of two old columns is not ours to tighten.
    private const string Columns =
        $"""
        select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid
        where {Ours} and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
        order by 1
        """;

    private const string Constraints =
        $"""
        select c.relname || ' ' || pg_get_constraintdef(k.oid)
        from pg_constraint k
        join pg_class c on c.oid = k.conrelid
        where {Ours} and k.contype in ('p', 'u', 'f', 'c') and pg_get_constraintdef(k.oid) not like '%(resolved_by)%'
        order by 1
        """;

    private const string Indexes =
        """
        select regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX \S+ ', '\1')
        from pg_indexes
        where tablename like 'calendar\_%' and tablename not like 'calendar\_sync\_logs\_%'
        order by 1
        """;

    private const string Functions =
        """
        select p.oid::regprocedure::text || ' ' || pg_get_function_result(p.oid) || ' ' || p.prosecdef || ' ' || md5(p.prosrc)
        from pg_proc p
        where p.pronamespace in ('public'::regnamespace, 'calendar_private'::regnamespace)
            and p.proname not in ('update_updated_at_column', 'user_has_space_access', 'can_access_user_profile')
        order by 1
        """;

    private const string Triggers =
        """
        select tgrelid::regclass || ' ' || tgname || ' ' || tgtype
        from pg_trigger
        where not tgisinternal and tgrelid::regclass::text ~ '^(calendar_|events|recurring_event_exceptions)' and tgrelid::regclass::text !~ '^calendar_sync_logs_'
        order by 1
        """;

    private const string Policies =
        "select tablename || ' ' || policyname || ' ' || cmd || ' ' || coalesce(qual, '') || coalesce(with_check, '') from pg_policies where tablename like 'calendar\\_%' order by 1";

    private const string ColumnGrants =
        """
        select grantee || ' ' || table_name || '.' || column_name || ' ' || privilege_type
        from information_schema.column_privileges
        where table_schema = 'public' and table_name like 'calendar\_%' and grantee in ('anon', 'authenticated', 'PUBLIC')
        order by 1
        """;

    private async Task PrepareAsync()
    {
        await Database.ExecuteAsync(RowanAsItIs.Integration);
        await Database.ExecuteAsync(RowanAsItIs.Rows);
    }

    private async Task UpgradeAsync()
    {
        await PrepareAsync();
        await Database.MigrateAsync();
    }

    private async Task<int> EditAsync()
    {
        await using var transaction = await Database.ApiDatabase.BeginAsUserAsync(Anna, Cancellation);
        var rows = await transaction.ExecuteAsync("update events set title = title || '!'", null, Cancellation);
        await transaction.CommitAsync(Cancellation);
        return rows;
    }
}
