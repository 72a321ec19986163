using CalendarSync.Core.Coordination;
using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using StackExchange.Redis;

namespace CalendarSync.IntegrationTests.Coordination;

/// <summary>Redis is stopped, started and emptied in the middle: that costs time, never data, and never a hanging request.</summary>
public sealed class RedisOutageTests(RedisServer shared) : CoordinationTest(shared)
{
    private static readonly RateLimit Limit = new(5, TimeSpan.FromHours(1));

    [Fact]
    public async Task Everything_says_unavailable_and_works_again_afterwards()
    {
        await using var redis = new RedisServer();
        await using var client = await redis.ConnectAsync();
        var logger = new FakeLogger<RedisStore>();
        var store = new RedisStore(client, TimeProvider.System, logger);
        var limiter = new RateLimiter(store);
        var progress = new ProgressChannel(store);
        var connection = new ConnectionId(Guid.NewGuid());
        Assert.True((await limiter.TakeAsync("outage", Limit, 5, Cancellation)).IsAllowed);
        var watching = CollectAsync(progress, connection);

        await redis.StopAsync();
        await watching.WaitAsync(Deadline, Cancellation);
        var decision = await limiter.TakeAsync("outage", Limit, 1, Cancellation);
        var claim = await new IdempotencyStore(store).ClaimAsync("user", "key", "hash", Cancellation);
        await progress.PublishAsync(connection, new(SyncPhase.Listing, 1, 2, "Reading"), Cancellation);
        var seen = await CollectAsync(progress, connection).WaitAsync(Deadline, Cancellation);

        Assert.Equal(RateLimitOutcome.Unavailable, decision.Outcome);
        Assert.IsType<IdempotencyClaim.Unavailable>(claim);
        Assert.Empty(seen);

        await redis.StartAsync();
        await EventuallyAsync(async () => (await limiter.TakeAsync("outage", Limit, 1, Cancellation)).IsAllowed, "The limiter does not recover.");
        Assert.Equal([LogLevel.Warning, LogLevel.Information], logger.Collector.GetSnapshot().Select(record => record.Level).Distinct());
    }

    [Fact]
    public async Task After_everything_in_Redis_is_lost_limits_start_afresh_and_scripts_are_loaded_again()
    {
        await using var redis = new RedisServer();
        await using var client = await redis.ConnectAsync();
        var limiter = new RateLimiter(new RedisStore(client, TimeProvider.System, new FakeLogger<RedisStore>()));
        Assert.True((await limiter.TakeAsync("flushed", Limit, 5, Cancellation)).IsAllowed);

        await EmptyAsync(redis);

        Assert.Equal(new(RateLimitOutcome.Allowed, TimeSpan.Zero, 4), await limiter.TakeAsync("flushed", Limit, 1, Cancellation));
    }

    [Fact]
    public async Task A_mistake_in_our_own_use_of_Redis_is_not_taken_for_an_outage()
    {
        var key = $"mistake:{Guid.NewGuid()}";
        await Client.GetDatabase().StringSetAsync($"calendarsync:rate:{key}", "not a bucket");

        await Assert.ThrowsAsync<RedisServerException>(() => new RateLimiter(Store).TakeAsync(key, Limit, 1, Cancellation));
    }

    private static async Task EmptyAsync(RedisServer redis)
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString + ",allowAdmin=true");
        var server = admin.GetServers().Single();
        await server.FlushAllDatabasesAsync();
        await server.ScriptFlushAsync();
    }

    private static async Task<List<SyncProgress>> CollectAsync(ProgressChannel progress, ConnectionId connection)
    {
        var seen = new List<SyncProgress>();
        await foreach (var step in progress.WatchAsync(connection, Cancellation))
        {
            seen.Add(step);
        }

        return seen;
    }
}
