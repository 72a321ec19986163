using StackExchange.Redis;

namespace CalendarSync.Core.Coordination;

/// <summary>Rate limits that all replicas share: one for requests of users and one for requests to providers are the same thing.</summary>
public sealed class RateLimiter(RedisStore store)
{
    /// <summary>
    /// Redis' own clock decides, so replicas with different clocks agree; a clock that is set back refills nothing. A bucket that is full
    /// again is the same as none, so the key expires then.
    /// </summary>
    private const string TakeTokens =
        """
        local capacity, period, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        local tokens, at = tonumber(bucket[1]) or capacity, tonumber(bucket[2]) or now
        tokens = math.min(capacity, tokens + math.max(0, now - at) * capacity / period)
        local allowed, wait = 0, 0
        if tokens >= cost then
          allowed, tokens = 1, tokens - cost
        else
          wait = math.ceil((cost - tokens) * period / capacity)
        end
        redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
        redis.call('PEXPIRE', KEYS[1], math.max(1, math.ceil((capacity - tokens) * period / capacity)))
        return {allowed, wait, math.floor(tokens)}
        """;

    /// <summary>Takes tokens from a bucket, all or none.</summary>
    /// <param name="key">Names the bucket, for example <c>google:{connection id}</c>. Ids only: keys are visible to operators.</param>
    /// <param name="limit">The bucket. Changing it later keeps the tokens that are in it.</param>
    /// <param name="cost">Tokens to take: 1 up to the capacity.</param>
    /// <param name="cancellationToken">Cancels the wait for Redis.</param>
    public async Task<RateLimitDecision> TakeAsync(string key, RateLimit limit, int cost, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cost, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cost, limit.Capacity);
        var period = (long)Math.Ceiling(limit.RefillPeriod.TotalMilliseconds);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, 1, nameof(limit));

        var (available, answer) = await store.TryAsync(
            database => database.ScriptEvaluateAsync(
                TakeTokens,
                [new RedisKey($"{RedisStore.Prefix}rate:{key}")],
                [limit.Capacity, period, cost]),
            cancellationToken);
        if (!available)
        {
            return new(RateLimitOutcome.Unavailable, TimeSpan.Zero, 0);
        }

        var values = (long[])answer!;
        return values[0] == 1
            ? new(RateLimitOutcome.Allowed, TimeSpan.Zero, (int)values[2])
            : new(RateLimitOutcome.Limited, TimeSpan.FromMilliseconds(values[1]), (int)values[2]);
    }
}
