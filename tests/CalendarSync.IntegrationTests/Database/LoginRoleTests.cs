using CalendarSync.IntegrationTests.Fixtures;
using Dapper;
using Npgsql;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>A host that is taken over can do no more than that host.</summary>
public sealed class LoginRoleTests(PostgresServer postgres) : DatabaseTest(postgres)
{
    [Theory]
    [InlineData("service_role")]
    [InlineData("calendarsync_worker")]
    [InlineData("postgres")]
    [InlineData("anon")]
    public async Task The_API_cannot_become(string role) => await AssertCannotBecomeAsync(Database.Api, role);

    [Theory]
    [InlineData("postgres")]
    [InlineData("calendarsync_api")]
    [InlineData("authenticated")]
    [InlineData("anon")]
    public async Task The_worker_cannot_become(string role) => await AssertCannotBecomeAsync(Database.Worker, role);

    [Fact]
    public async Task The_API_cannot_become_the_sync_from_within_a_users_transaction()
    {
        await using var transaction = await Database.ApiDatabase.BeginAsUserAsync(Anna, Cancellation);
        await AssertForbiddenOrUnknownAsync(() => transaction.ExecuteAsync("set local role service_role", null, Cancellation));
    }

    [Fact]
    public async Task Neither_login_is_superuser_or_inherits_or_passes_row_level_security_or_makes_objects()
    {
        Assert.Empty(await Database.QueryAsync<string>(
            """
            select rolname::text from pg_roles
            where rolname in ('calendarsync_api', 'calendarsync_worker')
                and (rolsuper or rolinherit or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or not rolcanlogin)
            """));
        foreach (var source in new[] { Database.Api, Database.Worker })
        {
            await using var session = await source.OpenConnectionAsync(Cancellation);
            await AssertForbiddenAsync(() => session.ExecuteAsync("create table public.planted (id int)"));
            await AssertForbiddenAsync(() => session.ExecuteAsync("create schema planted"));
        }
    }

    [Fact]
    public async Task A_user_of_the_API_cannot_become_another_one_by_resetting_its_role()
    {
        await using var transaction = await Database.ApiDatabase.BeginAsUserAsync(Anna, Cancellation);
        await transaction.ExecuteAsync("reset role", null, Cancellation);
        await AssertForbiddenAsync(() => transaction.QueryAsync<long>("select count(*) from calendar_connections", null, Cancellation));
    }

    [Fact]
    public async Task A_wrong_password_does_not_log_in()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Database.ApiConnectionString) { Password = "wrong", Pooling = false });
        await AssertSqlStateAsync(PostgresErrorCodes.InvalidPassword, async () => await source.OpenConnectionAsync(Cancellation));
    }

    private static async Task AssertCannotBecomeAsync(NpgsqlDataSource source, string role)
    {
        await using var session = await source.OpenConnectionAsync(Cancellation);
        await AssertForbiddenOrUnknownAsync(() => session.ExecuteAsync("select set_config('role', @role, false)", new { role }));
        Assert.NotEqual(role, await session.ExecuteScalarAsync<string>("select current_user::text"));
    }

    // set role says 42501, set_config('role') says 22023: neither lets it happen.
    private static async Task AssertForbiddenOrUnknownAsync(Func<Task> act) =>
        Assert.Contains((await Assert.ThrowsAsync<PostgresException>(act)).SqlState, new[] { PostgresErrorCodes.InsufficientPrivilege, PostgresErrorCodes.InvalidParameterValue });
}
