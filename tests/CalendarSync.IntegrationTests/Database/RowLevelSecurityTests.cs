using System.Globalization;
using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;
using Dapper;
using Npgsql;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>A user of one space sees and changes nothing of another: every table, every verb, every kind of user.</summary>
public sealed class RowLevelSecurityTests(PostgresServer postgres) : DatabaseTest(postgres)
{
    private ConnectionId Connection { get; set; }

    private RowanEventId Happening { get; set; }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        (Connection, Happening) = await FamilyRows.CreateAsync(Database, Space, Anna);
    }

    [Fact]
    public async Task Every_table_is_guarded_by_row_level_security_and_has_its_expectations_written_down()
    {
        var tables = await TablesAsync();
        Assert.Superset(TableAccess.All.Select(access => access.Table).ToHashSet(), tables.Select(table => table.Name).ToHashSet());
        Assert.All(tables, table =>
        {
            Assert.NotNull(TableAccess.Find(table.Name));
            Assert.True(table.Guarded || table.Name == "calendar_migrations.journal", $"{table.Name} has no row-level security.");
        });
    }

    [Fact]
    public async Task A_new_table_that_nobody_guarded_is_noticed()
    {
        await Database.ExecuteAsync("create table public.planted (id uuid)");
        var planted = (await TablesAsync()).Single(table => table.Name == "public.planted");
        Assert.False(planted.Guarded);
        Assert.Null(TableAccess.Find(planted.Name));
    }

    [Fact]
    public async Task A_member_another_member_a_stranger_and_nobody_get_from_each_table_what_is_theirs()
    {
        foreach (var table in await TablesAsync())
        {
            var access = TableAccess.Find(table.Name)!;
            Assert.Equal((table.Name, "Anna", access.Anna), (table.Name, "Anna", await AskAsync(access, "authenticated", Anna)));
            Assert.Equal((table.Name, "Ben", access.Ben), (table.Name, "Ben", await AskAsync(access, "authenticated", Ben)));
            Assert.Equal((table.Name, "Stranger", access.Stranger), (table.Name, "Stranger", await AskAsync(access, "authenticated", Stranger)));
            Assert.Equal((table.Name, "anon", Answers.Nothing), (table.Name, "anon", await AskAsync(access, "anon", null)));
        }
    }

    [Fact]
    public async Task A_login_that_has_chosen_no_role_yet_gets_nothing()
    {
        foreach (var source in new[] { Database.Api, Database.Worker })
        {
            await using var session = await source.OpenConnectionAsync(Cancellation);
            foreach (var table in (await TablesAsync()).Where(table => table.Name != "calendar_migrations.journal"))
            {
                await AssertForbiddenAsync(() => session.ExecuteScalarAsync<long>($"select count(*) from {table.Name}"));
            }
        }
    }

    [Fact]
    public async Task Nobody_brings_a_row_into_a_space_of_others()
    {
        await AssertForbiddenAsync(() => AsUserAsync(Anna, "insert into events (space_id, title, start_time) values (@OtherSpace, 'canary', now())", new { OtherSpace }));
        await AssertForbiddenAsync(() => AsUserAsync(Anna, "update events set space_id = @OtherSpace", new { OtherSpace }));
        await AssertForbiddenAsync(() => AsUserAsync(Stranger, "insert into events (space_id, title, start_time) values (@Space, 'canary', now())", new { Space }));
        await AssertForbiddenAsync(() => AsUserAsync(
            Anna, "insert into calendar_connections (user_id, space_id, provider) values (@Anna, @OtherSpace, 'ics')", new { Anna, OtherSpace }));
        await AssertForbiddenAsync(() => AsUserAsync(
            Ben, "insert into calendar_connections (user_id, space_id, provider) values (@Anna, @Space, 'ics')", new { Anna, Space }));
    }

    [Theory]
    [InlineData("google")]
    [InlineData("apple")]
    [InlineData("cozi")]
    public async Task Nobody_makes_or_removes_a_connection_of_ours_past_its_function(string provider)
    {
        await AssertForbiddenAsync(() => AsUserAsync(
            Ben, "insert into calendar_connections (user_id, space_id, provider) values (@Ben, @Space, @provider::calendar_provider)", new { Ben, Space, provider }));
        await Database.CreateConnectionAsync(Space, Ben, provider);
        Assert.Equal(0, await AsUserAsync(Ben, "delete from calendar_connections"));
    }

    [Theory]
    [InlineData("calendar_webhook_subscriptions", "webhook_secret")]
    [InlineData("calendar_event_mappings", "external_payload")]
    [InlineData("calendar_connection_calendars", "cursor")]
    public async Task A_column_that_is_not_for_members_cannot_be_read(string table, string column) =>
        await AssertForbiddenAsync(() => ReadAsUserAsync<object>(Anna, $"select count({column}) from {table}"));

    [Theory]
    [InlineData("user_id")]
    [InlineData("space_id")]
    [InlineData("provider")]
    [InlineData("server_url")]
    [InlineData("fence")]
    [InlineData("lease_until")]
    [InlineData("access_token_vault_id")]
    [InlineData("sync_requested_at")]
    [InlineData("initial_sync_completed_at")]
    public async Task The_owner_of_a_connection_cannot_change_what_it_is_or_what_the_workers_hold(string column) =>
        await AssertForbiddenAsync(() => AsUserAsync(Anna, $"update calendar_connections set {column} = null"));

    [Fact]
    public async Task The_sync_itself_reads_and_writes_every_table_but_the_secrets()
    {
        foreach (var table in (await TablesAsync()).Where(table => table.Name.StartsWith("public.calendar_", StringComparison.Ordinal)))
        {
            Assert.False(table.Name.Contains("_logs_", StringComparison.Ordinal) && (await AskAsync(TableAccess.Find(table.Name)!, "service_role", null)).Select != "no");
            if (!table.Name.Contains("_logs_", StringComparison.Ordinal))
            {
                var answers = await AskAsync(TableAccess.Find(table.Name)!, "service_role", null);
                Assert.Equal((table.Name, "1", "1", "1"), (table.Name, answers.Select, answers.Update, answers.Delete));
            }
        }

        Assert.Equal(Answers.Nothing, await AskAsync(TableAccess.Find("calendar_private.calendar_secrets")!, "service_role", null));
    }

    private Task<IReadOnlyList<(string Name, bool Guarded)>> TablesAsync() => Database.QueryAsync<(string, bool)>(
        """
        select n.nspname || '.' || c.relname, c.relrowsecurity
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\_t%'
        order by 1
        """);

    /// <summary>Tries the four verbs, each rolled back.</summary>
    private async Task<Answers> AskAsync(TableAccess access, string role, UserId? user)
    {
        await using var session = await Database.Owner.OpenConnectionAsync(Cancellation);
        await using var transaction = await session.BeginTransactionAsync(Cancellation);
        await session.ExecuteAsync(
            "select set_config('request.jwt.claims', @claims, true), set_config('role', @role, true)",
            new { claims = user is { } known ? $$"""{"sub":"{{known.Value}}"}""" : "", role });
        return new Answers(
            await TryAsync(async () => (await session.ExecuteScalarAsync<long>($"select count(*) from {access.Table}")).ToString(CultureInfo.InvariantCulture)),
            await CountAsync(access.Insert ?? $"insert into {access.Table} default values"),
            await CountAsync($"update {access.Table} set {access.Column} = {access.Column}"),
            await CountAsync($"delete from {access.Table}"));

        Task<string> CountAsync(string sql) => TryAsync(async () => (await session.ExecuteAsync(
            sql, new { space = Space.Value, anna = Anna.Value, happening = Happening.Value, connection = Connection.Value })).ToString(CultureInfo.InvariantCulture));

        async Task<string> TryAsync(Func<Task<string>> verb)
        {
            await transaction.SaveAsync("before", Cancellation);
            try
            {
                return await verb();
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                return "no";
            }
            catch (PostgresException e) when (role == "service_role" && e.SqlState is PostgresErrorCodes.NotNullViolation)
            {
                return "incomplete";
            }
            finally
            {
                await transaction.RollbackAsync("before", Cancellation);
            }
        }
    }
}
