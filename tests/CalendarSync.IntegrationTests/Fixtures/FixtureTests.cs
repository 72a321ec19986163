using StackExchange.Redis;

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>The servers behind all other tests.</summary>
public sealed class FixtureTests(PostgresServer postgres, RedisServer redis, RadicaleServer radicale)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_is_migrated_and_the_hosts_can_log_in()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var user = await database.CreateUserAsync();
        var space = await database.CreateSpaceAsync(user);
        var connection = await database.CreateConnectionAsync(space, user);
        var happening = await database.CreateEventAsync(space);

        await using var asUser = await database.ApiDatabase.BeginAsUserAsync(user, Cancellation);
        Assert.Equal([happening.Value], await asUser.QueryAsync<Guid>("select id from events", null, Cancellation));
        await using var asService = await database.WorkerDatabase.BeginAsServiceAsync(connection, Cancellation);
        Assert.Equal([happening.Value], await asService.QueryAsync<Guid>("select event_id from calendar_sync_queue", null, Cancellation));
    }

    [Fact]
    public async Task Databases_of_two_tests_do_not_see_each_other()
    {
        await using var one = await postgres.CreateDatabaseAsync();
        await using var other = await postgres.CreateDatabaseAsync();
        await one.CreateUserAsync();
        Assert.Equal(0, await other.QuerySingleAsync<long>("select count(*) from auth.users"));
    }

    [Fact]
    public async Task A_private_postgres_can_be_stopped_and_started_on_its_data()
    {
        await using var server = new PostgresServer();
        await using var database = await server.CreateDatabaseAsync();
        await database.CreateUserAsync();
        await server.StopAsync();
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => database.QuerySingleAsync<long>("select count(*) from auth.users"));
        await server.StartAsync();
        Assert.Equal(1, await database.QuerySingleAsync<long>("select count(*) from auth.users"));
    }

    [Fact]
    public async Task A_private_redis_loses_its_data_when_it_is_stopped_and_serves_on_the_same_port_again()
    {
        await using var server = new RedisServer();
        await using (var client = await server.ConnectAsync())
        {
            await client.GetDatabase().StringSetAsync("key", "value");
        }

        var before = server.ConnectionString;
        await server.StopAsync();
        await using var again = await server.ConnectAsync();
        Assert.Equal(before, server.ConnectionString);
        Assert.Equal(RedisValue.Null, await again.GetDatabase().StringGetAsync("key"));
    }

    [Fact]
    public async Task The_shared_redis_answers()
    {
        await using var client = await redis.ConnectAsync();
        Assert.True(await client.GetDatabase().PingAsync() < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_calendar_keeps_what_another_client_puts_into_it()
    {
        using var account = await radicale.CreateAccountAsync();
        var calendar = await account.CreateCalendarAsync();
        var etag = await account.PutSimpleEventAsync(calendar, "one", "canary-title", "20260314T090000Z", "20260314T100000Z");
        Assert.StartsWith("\"", etag, StringComparison.Ordinal);
        Assert.Contains("SUMMARY:canary-title", await account.GetEventAsync(calendar, "one"), StringComparison.Ordinal);
        Assert.Equal(1, await account.CountEventsAsync(calendar));
        await account.DeleteEventAsync(calendar, "one");
        Assert.Null(await account.GetEventAsync(calendar, "one"));
    }

    [Fact]
    public async Task A_read_only_calendar_can_be_read_and_refuses_a_write()
    {
        using var account = await radicale.CreateAccountAsync();
        var ical = RadicaleAccount.Ical("one", "canary-title", "20260314T090000Z", "20260314T100000Z");
        var calendar = await account.CreateReadOnlyCalendarAsync("Shared", new Dictionary<string, string> { ["one.ics"] = ical });
        Assert.NotNull(await account.GetEventAsync(calendar, "one"));
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => account.PutEventAsync(calendar, "two", ical));
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task A_wrong_password_is_refused()
    {
        using var account = await radicale.CreateAccountAsync();
        account.Client.DefaultRequestHeaders.Authorization = null;
        using var response = await account.Client.GetAsync(new Uri(radicale.Url, $"{account.Email}/"), Cancellation);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, response.StatusCode);
    }
}
