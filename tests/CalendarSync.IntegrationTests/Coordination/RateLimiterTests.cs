using CalendarSync.Core.Coordination;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Coordination;

public sealed class RateLimiterTests(RedisServer redis) : CoordinationTest(redis)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private RateLimiter Limiter => new(Store);
    private readonly string _key = $"test:{Guid.NewGuid()}";

    [Fact]
    public async Task A_full_bucket_gives_its_capacity_and_then_says_when_to_come_back()
    {
        var limit = new RateLimit(10, Hour);
        for (var remaining = 9; remaining >= 0; remaining--)
        {
            Assert.Equal(new(RateLimitOutcome.Allowed, TimeSpan.Zero, remaining), await Limiter.TakeAsync(_key, limit, 1, Cancellation));
        }

        var refused = await Limiter.TakeAsync(_key, limit, 1, Cancellation);

        Assert.Equal(RateLimitOutcome.Limited, refused.Outcome);
        Assert.InRange(refused.RetryAfter, TimeSpan.FromMinutes(5.5), TimeSpan.FromMinutes(6));
    }

    [Fact]
    public async Task A_refused_request_takes_nothing()
    {
        var limit = new RateLimit(10, Hour);
        await Limiter.TakeAsync(_key, limit, 7, Cancellation);

        Assert.Equal(RateLimitOutcome.Limited, (await Limiter.TakeAsync(_key, limit, 4, Cancellation)).Outcome);
        Assert.True((await Limiter.TakeAsync(_key, limit, 3, Cancellation)).IsAllowed);
    }

    [Fact]
    public async Task Tokens_come_back_after_the_time_that_was_promised()
    {
        // Slow enough that the bucket is still empty when the next line asks, quick enough to wait for.
        var limit = new RateLimit(300, TimeSpan.FromMinutes(15));
        await Limiter.TakeAsync(_key, limit, 300, Cancellation);
        var refused = await Limiter.TakeAsync(_key, limit, 1, Cancellation);
        Assert.InRange(refused.RetryAfter, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(3));

        await Task.Delay(refused.RetryAfter + TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);

        Assert.True((await Limiter.TakeAsync(_key, limit, 1, Cancellation)).IsAllowed);
    }

    [Fact]
    public async Task Replicas_that_ask_at_the_same_time_get_no_more_than_the_bucket_holds()
    {
        var limit = new RateLimit(30, Hour);
        var replicas = new[] { Limiter, new RateLimiter(Store), new RateLimiter(Store) };

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 120).Select(index => replicas[index % 3].TakeAsync(_key, limit, 1, Cancellation)));

        Assert.Equal(30, answers.Count(answer => answer.IsAllowed));
        Assert.Equal(90, answers.Count(answer => answer.Outcome is RateLimitOutcome.Limited));
    }

    [Fact]
    public async Task Buckets_of_different_keys_are_independent()
    {
        var limit = new RateLimit(1, Hour);
        await Limiter.TakeAsync(_key, limit, 1, Cancellation);

        Assert.True((await Limiter.TakeAsync($"{_key}:other", limit, 1, Cancellation)).IsAllowed);
    }

    [Fact]
    public async Task A_bucket_that_is_full_again_leaves_nothing_behind()
    {
        await Limiter.TakeAsync(_key, new RateLimit(10, TimeSpan.FromMinutes(10)), 1, Cancellation);

        var left = await Client.GetDatabase().KeyTimeToLiveAsync($"calendarsync:rate:{_key}");

        Assert.InRange(left!.Value, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void A_steady_rate_with_a_burst_refills_at_the_rate() =>
        Assert.Equal(new RateLimit(50, TimeSpan.FromSeconds(10)), RateLimit.PerMinute(300, burst: 50));

    [Fact]
    public async Task More_than_the_bucket_can_ever_hold_is_a_mistake_of_the_caller() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Limiter.TakeAsync(_key, new RateLimit(5, Hour), 6, Cancellation));
}
