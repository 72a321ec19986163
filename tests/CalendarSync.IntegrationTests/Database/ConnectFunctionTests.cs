using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;
using Dapper;
using Npgsql;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>create_calendar_connection and request_calendar_sync.</summary>
public sealed class ConnectFunctionTests(PostgresServer postgres) : DatabaseTest(postgres)
{
    private const string Calendars =
        """
        [{"external_calendar_id": "/a/", "name": "Shared", "read_only": true},
         {"external_calendar_id": "/b/", "name": "Family", "color": "#112233", "time_zone": "Europe/Berlin"},
         {"external_calendar_id": "/c/", "name": "Work", "selected": false}]
        """;

    [Fact]
    public async Task A_connection_comes_with_its_calendars_its_secret_and_a_request_for_a_full_pass()
    {
        var id = await ConnectAsync(Anna);
        Assert.Equal(
            ("apple", "active", "canary@example.com", "https://dav.example.com/", "outbound_only", "full", "/b/"),
            await Database.QuerySingleAsync<(string, string, string, string, string, string, string)>(
                """
                select provider::text, sync_status::text, provider_account_id, server_url, sync_direction::text, sync_requested_type::text, provider_calendar_id
                from calendar_connections
                where id = @id and user_id = @user and sync_requested_at is not null and next_sync_at <= now()
                """,
                new { id, user = Anna.Value }));
        Assert.Equal(
            [("/a/", "Shared", true, true, false), ("/b/", "Family", false, true, true), ("/c/", "Work", false, false, false)],
            await Database.QueryAsync<(string, string, bool, bool, bool)>(
                "select external_calendar_id, name, read_only, selected, is_target from calendar_connection_calendars order by 1"));
        Assert.Equal("cipher", await Database.QuerySingleAsync<string>("select ciphertext from calendar_private.calendar_secrets"));
    }

    [Fact]
    public async Task The_target_that_the_caller_names_is_kept_and_one_that_is_primary_goes_before_the_first()
    {
        await ConnectAsync(Anna, """[{"external_calendar_id": "/a/", "name": "A"}, {"external_calendar_id": "/b/", "name": "B", "is_target": true}]""");
        await ConnectAsync(Ben, """[{"external_calendar_id": "/c/", "name": "C"}, {"external_calendar_id": "/d/", "name": "D", "is_primary": true}]""");
        Assert.Equal(["/b/", "/d/"], await Database.QueryAsync<string>("select external_calendar_id from calendar_connection_calendars where is_target order by 1"));
    }

    [Fact]
    public async Task An_account_with_read_only_calendars_only_has_no_target()
    {
        await ConnectAsync(Anna, """[{"external_calendar_id": "/a/", "name": "A", "read_only": true}]""");
        Assert.Equal(0, await Database.QuerySingleAsync<long>("select count(*) from calendar_connection_calendars where is_target"));
    }

    [Theory]
    [InlineData("active")]
    [InlineData("syncing")]
    [InlineData("error")]
    [InlineData("token_expired")]
    public async Task A_second_living_connection_of_the_same_provider_is_refused(string status)
    {
        var existing = await Database.CreateConnectionAsync(Space, Anna, status: status);
        await AssertSqlStateAsync(PostgresErrorCodes.UniqueViolation, () => ConnectAsync(Anna));
        await AssertSqlStateAsync(PostgresErrorCodes.UniqueViolation, () => ConnectAsync(Anna, id: existing.Value));
        Assert.Equal(0, await Database.QuerySingleAsync<long>("select count(*) from calendar_private.calendar_secrets"));
        await ConnectAsync(Ben);
    }

    [Fact]
    public async Task A_disconnected_connection_is_revived_under_its_id_with_a_clean_slate()
    {
        var old = await Database.CreateConnectionAsync(Space, Anna, status: "disconnected");
        await Database.CreateCalendarAsync(old, "/old/");
        await Database.ExecuteAsync(
            """
            update calendar_connections
            set last_error_message = 'x', last_error_code = 'x', consecutive_failures = 4, sync_enabled = false, fence = 7, sync_token = 'x', progress = '{}'
            """);
        await AssertSqlStateAsync(PostgresErrorCodes.SerializationFailure, () => ConnectAsync(Anna));
        Assert.Equal(old.Value, await ConnectAsync(Anna, id: old.Value));
        Assert.Equal(
            ("active", 0, true, 8L),
            await Database.QuerySingleAsync<(string, int, bool, long)>(
                """
                select sync_status::text, consecutive_failures, sync_enabled, fence
                from calendar_connections
                where last_error_message is null and last_error_code is null and sync_token is null and progress is null and initial_sync_completed_at is null
                """));
        Assert.Equal(["/a/", "/b/", "/c/"], await Database.QueryAsync<string>("select external_calendar_id from calendar_connection_calendars order by 1"));
    }

    [Fact]
    public async Task Of_many_connects_at_once_one_succeeds()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                await ConnectAsync(Anna);
                return "connected";
            }
            catch (PostgresException e)
            {
                return e.SqlState;
            }
        }));
        Assert.Equal(["connected"], outcomes.Where(outcome => outcome != PostgresErrorCodes.UniqueViolation));
        Assert.Equal(1, await Database.QuerySingleAsync<long>("select count(*) from calendar_connections"));
    }

    [Fact]
    public async Task Strangers_nobody_and_other_providers_are_refused()
    {
        await AssertForbiddenAsync(() => ConnectAsync(Stranger));
        await AssertForbiddenAsync(() => ConnectAsync(new UserId(Guid.NewGuid())));
        await AssertSqlStateAsync(PostgresErrorCodes.InvalidParameterValue, () => ConnectAsync(Anna, provider: "outlook"));
    }

    [Theory]
    [InlineData("select create_calendar_connection(gen_random_uuid(), @space, 'apple', 'x', 'bidirectional', null, '[]', 'app_specific_password', 'x')")]
    [InlineData("select request_calendar_sync(@connection, false)")]
    [InlineData("select disconnect_calendar(@connection, false)")]
    public async Task A_browser_that_comes_through_another_host_cannot_pass_by_the_checks_of_the_API(string call)
    {
        var connection = await Database.CreateConnectionAsync(Space, Ben);
        await Database.ExecuteAsync(
            $"""
            do $$
            begin
                if not exists (select from pg_roles where rolname = 'authenticator') then
                    create role authenticator login noinherit password '{PostgresServer.HostPassword}';
                    grant authenticated, anon to authenticator;
                end if;
            exception when duplicate_object or unique_violation then null;
            end
            $$
            """);
        await using var postgrest = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Database.ApiConnectionString) { Username = "authenticator", Pooling = false });
        await using var session = await postgrest.OpenConnectionAsync(Cancellation);
        await using var transaction = await session.BeginTransactionAsync(Cancellation);
        await session.ExecuteAsync(
            "select set_config('request.jwt.claims', @claims, true), set_config('role', 'authenticated', true)", new { claims = $$"""{"sub":"{{Ben.Value}}"}""" });
        await AssertForbiddenAsync(() => session.ExecuteAsync(call, new { space = Space.Value, connection = connection.Value }));
    }

    [Fact]
    public async Task A_pass_is_requested_by_the_owner_of_the_connection_and_by_admins_of_the_space_only()
    {
        var connection = await Database.CreateConnectionAsync(Space, Ben);
        var carl = await Database.CreateUserAsync("Carl");
        await Database.AddMemberAsync(Space, carl);
        var dora = await Database.CreateUserAsync("Dora");
        await Database.AddMemberAsync(Space, dora, "admin");
        foreach (var allowed in new[] { Ben, Anna, dora })
        {
            await RequestAsync(allowed, connection);
        }

        foreach (var refused in new[] { carl, Stranger })
        {
            await AssertForbiddenAsync(() => RequestAsync(refused, connection));
        }
    }

    [Fact]
    public async Task A_requested_full_compare_is_not_lost_by_a_later_plain_request_and_ends_with_the_pass_that_did_it()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        const string Type = "select sync_requested_type::text from calendar_connections";
        var first = await RequestAsync(Anna, connection, full: true);
        var second = await RequestAsync(Anna, connection);
        Assert.True(second > first);
        Assert.Equal("full", await Database.QuerySingleAsync<string>(Type));
        await Database.ExecuteAsync("update calendar_connections set sync_requested_type = null");
        await RequestAsync(Anna, connection);
        Assert.Equal("manual", await Database.QuerySingleAsync<string>(Type));
    }

    [Fact]
    public async Task A_disconnected_connection_cannot_be_asked_for_a_pass()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna, status: "disconnected");
        await AssertSqlStateAsync(PostgresErrorCodes.ObjectNotInPrerequisiteState, () => RequestAsync(Anna, connection));
    }

    private Task<NodaTime.Instant> RequestAsync(UserId user, ConnectionId connection, bool full = false) =>
        ReadAsUserAsync<NodaTime.Instant>(user, "select request_calendar_sync(@connection, @full)", new { connection, full });

    private Task<Guid> ConnectAsync(UserId user, string calendars = Calendars, Guid? id = null, string provider = "apple") => ReadAsUserAsync<Guid>(
        user,
        """
        select create_calendar_connection(
            @id, @Space, @provider, 'canary@example.com', 'outbound_only', 'https://dav.example.com/', @calendars::jsonb, 'app_specific_password', 'cipher')
        """,
        new { id = id ?? Guid.NewGuid(), Space, calendars, provider });
}
