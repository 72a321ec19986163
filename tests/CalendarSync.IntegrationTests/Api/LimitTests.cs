using System.Globalization;
using System.Text.Json.Nodes;
using CalendarSync.IntegrationTests.Fixtures;
using NodaTime;

namespace CalendarSync.IntegrationTests.Api;

public sealed class LimitTests(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
{
    private readonly FakeProvider _provider = new();
    private TestDatabase? _database;

    public async ValueTask InitializeAsync()
    {
        await redis.StartAsync();
        _database = await postgres.CreateDatabaseAsync();
    }

    public ValueTask DisposeAsync() => _database!.DisposeAsync();

    [Fact]
    public async Task A_user_may_write_ten_times_and_read_sixty_times_in_ten_seconds()
    {
        await using var host = Host(new() { ["RateLimits:RequestsPer10Seconds"] = null });
        var one = await PersonAsync(host);
        var other = await PersonAsync(host);

        var refused = await UntilLimitedAsync(() => one.Client.PostAsync($"/api/calendar/{Guid.NewGuid()}/restore"), atLeast: 10);
        AssertWait(refused, 1, 2);
        (await other.Client.PostAsync($"/api/calendar/{Guid.NewGuid()}/restore")).Problem(404, "not_found");

        (await one.Client.GetAsync("/api/calendar/providers")).Ok();
        await UntilLimitedAsync(() => one.Client.GetAsync("/api/calendar/providers"), atLeast: 59);
        (await other.Client.GetAsync("/api/calendar/providers")).Ok();
    }

    [Fact]
    public async Task The_limits_are_configured_and_can_be_switched_off()
    {
        await using var host = Host(new() { ["RateLimits:RequestsPer10Seconds"] = "2" });
        var person = await PersonAsync(host);
        await UntilLimitedAsync(() => person.Client.DeleteAsync($"/api/calendar/{Guid.NewGuid()}"), atLeast: 2);

        await using var open = Host(new() { ["RateLimits:RequestsPer10Seconds"] = "0" });
        var free = await PersonAsync(open);
        for (var i = 0; i < 30; i++)
        {
            (await free.Client.DeleteAsync($"/api/calendar/{Guid.NewGuid()}")).Problem(404, "not_found");
        }
    }

    [Fact]
    public async Task Ten_attempts_to_connect_in_an_hour_are_enough()
    {
        await using var host = Host();
        var person = await PersonAsync(host);
        Task<ApiAnswer> TryAsync(Person who) => who.Client.PostAsync(
            "/api/calendar/connect/apple",
            new { email = "canary@example.com", app_specific_password = "wron-gpas-swor-dxxx", space_id = who.Space.Value });
        for (var i = 0; i < 10; i++)
        {
            (await TryAsync(person)).Problem(400, "invalid_credentials");
        }

        AssertWait(await TryAsync(person), 300, 360);
        (await TryAsync(await PersonAsync(host))).Problem(400, "invalid_credentials");
    }

    [Fact]
    public async Task A_request_that_is_not_valid_does_not_count_as_an_attempt_to_connect()
    {
        await using var host = Host(new() { ["RateLimits:ConnectPerHour"] = "1" });
        var person = await PersonAsync(host);
        (await person.Client.PostTextAsync("/api/calendar/connect/apple", "{}")).Problem(400, "validation_error");
        (await person.Client.PostAsync("/api/calendar/connect/apple", new { email = "canary@example.com", app_specific_password = FakeProvider.GoodPassword, space_id = person.Space.Value })).Ok();
    }

    [Fact]
    public async Task Ten_manual_syncs_of_a_connection_in_an_hour_are_enough_and_a_refused_one_asks_for_nothing()
    {
        await using var host = Host(new() { ["RateLimits:ManualSyncPerHour"] = "1" });
        var person = await PersonAsync(host);
        var member = await _database!.CreateUserAsync();
        await _database.AddMemberAsync(person.Space, member);
        var id = (await _database.CreateConnectionAsync(person.Space, person.User)).Value;

        // Who may not sync cannot use up the limit of those who may.
        (await host.For(member).PostAsync("/api/calendar/sync", new { connection_id = id })).Problem(403, "access_denied");
        (await person.Client.PostAsync("/api/calendar/sync", new { connection_id = id })).Ok();
        var requested = await RequestedAsync(id);
        AssertWait(await person.Client.PostAsync("/api/calendar/sync", new { connection_id = id }), 3500, 3600);
        Assert.Equal(requested, await RequestedAsync(id));

        var otherSpace = await _database.CreateSpaceAsync(person.User);
        var other = (await _database.CreateConnectionAsync(otherSpace, person.User)).Value;
        (await person.Client.PostAsync("/api/calendar/sync", new { connection_id = other })).Ok();
    }

    private static async Task<ApiAnswer> UntilLimitedAsync(Func<Task<ApiAnswer>> ask, int atLeast)
    {
        // A token comes back every second, and a slow machine lets some through: more than twice as many would be no limit.
        for (var i = 0; i < (2 * atLeast) + 20; i++)
        {
            var answer = await ask();
            if ((int)answer.Status == 429)
            {
                Assert.True(i >= atLeast, $"Only {i} were let through.");
                answer.Problem(429, "rate_limited");
                return answer;
            }
        }

        throw new Xunit.Sdk.XunitException("There is no limit.");
    }

    private static void AssertWait(ApiAnswer answer, int from, int to)
    {
        JsonNode problem = answer.Problem(429, "rate_limited");
        var seconds = (int)problem["retry_after"]!;
        Assert.InRange(seconds, from, to);
        Assert.Equal(seconds.ToString(CultureInfo.InvariantCulture), answer.Headers.RetryAfter?.ToString());
    }

    private Task<Instant> RequestedAsync(Guid id) => _database!.QuerySingleAsync<Instant>("select sync_requested_at from calendar_connections where id = @id", new { id });

    private async Task<Person> PersonAsync(ApiHost host)
    {
        var user = await _database!.CreateUserAsync();
        return new Person(user, await _database.CreateSpaceAsync(user), host.For(user));
    }

    private ApiHost Host(Dictionary<string, string?>? settings = null)
    {
        var host = new ApiHost(_database!, redis.ConnectionString, settings, ApiHost.Using(_provider));
        host.StartServer();
        return host;
    }
}
