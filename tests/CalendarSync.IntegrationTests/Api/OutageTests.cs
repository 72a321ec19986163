using System.Net;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>Servers that go away in the middle, and come back.</summary>
public sealed class OutageTests(PostgresServer sharedPostgres, RedisServer sharedRedis)
{
    [Fact]
    public async Task While_Postgres_is_away_the_api_says_so_and_recovers_by_itself()
    {
        await sharedRedis.StartAsync();
        await using var postgres = new PostgresServer();
        await using var database = await postgres.CreateDatabaseAsync();
        await using var host = new ApiHost(database, sharedRedis.ConnectionString);
        host.StartServer();
        var user = await database.CreateUserAsync();
        var space = await database.CreateSpaceAsync(user);
        var client = host.For(user);
        (await client.GetAsync($"/api/calendar?space_id={space.Value}")).Ok();

        await postgres.StopAsync();
        foreach (var answer in new[]
        {
            await client.GetAsync($"/api/calendar?space_id={space.Value}"),
            await client.GetAsync("/api/calendar/connections"),
            await client.PostAsync("/api/calendar", new { space_id = space.Value, title = "canary-title", start_time = "2026-03-10T14:00:00Z" }, "key"),
        })
        {
            answer.Problem(503, "service_unavailable");
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.Anonymous().GetAsync("/health")).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.Anonymous().GetAsync("/alive")).Status);
        (await client.GetAsync("/api/calendar/providers")).Ok();

        await postgres.StartAsync();
        database.Owner.Clear();
        await Poll.UntilAsync(async () => (await client.GetAsync($"/api/calendar?space_id={space.Value}")).Status == HttpStatusCode.OK);

        // The key of the request that failed is free again, and finished syncs are heard of again.
        (await client.PostAsync("/api/calendar", new { space_id = space.Value, title = "canary-title", start_time = "2026-03-10T14:00:00Z" }, "key")).Ok();
        await Poll.UntilAsync(() => database.QuerySingleAsync<bool>("select exists (select from pg_stat_activity where query = 'listen calendar_sync_done')"));
    }

    [Fact]
    public async Task While_Redis_is_away_everything_goes_on_without_limits()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync();
        await using var database = await sharedPostgres.CreateDatabaseAsync();
        await using var host = new ApiHost(database, redis.ConnectionString, new() { ["RateLimits:RequestsPer10Seconds"] = "1" });
        host.StartServer();
        var user = await database.CreateUserAsync();
        var space = await database.CreateSpaceAsync(user);
        var client = host.For(user);
        Task<ApiAnswer> CreateAsync() => client.PostAsync("/api/calendar", new { space_id = space.Value, title = "canary-title", start_time = "2026-03-10T14:00:00Z" });
        (await CreateAsync()).Ok();

        await redis.StopAsync();
        for (var i = 0; i < 5; i++)
        {
            (await CreateAsync()).Ok();
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.Anonymous().GetAsync("/health")).Status);
        await redis.StartAsync();
        await Poll.UntilAsync(async () => (int)(await CreateAsync()).Status == 429);
    }

    [Fact]
    public async Task The_api_starts_while_Redis_is_away()
    {
        await using var database = await sharedPostgres.CreateDatabaseAsync();
        await using var host = new ApiHost(database, "127.0.0.1:1,connectTimeout=200");
        host.StartServer();
        var user = await database.CreateUserAsync();
        (await host.For(user).GetAsync("/api/calendar/connections")).Ok();
    }
}
