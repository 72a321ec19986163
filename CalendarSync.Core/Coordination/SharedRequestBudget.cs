using System.Collections.Concurrent;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using Microsoft.Extensions.Options;
using NodaTime;
using NodaTime.Extensions;
using StackExchange.Redis;

namespace CalendarSync.Core.Coordination;

/// <summary>
/// The budget of an account, shared by all replicas through Redis. While Redis is away each process keeps a bucket of its own: a little
/// more than agreed is asked for a while, and nothing stands still.
/// </summary>
public sealed class SharedRequestBudget(RateLimiter limiter, RedisStore store, IOptions<ProviderLimitOptions> options, TimeProvider time) : IRequestBudget
{
    /// <summary>
    /// How long a request waits for its turn. Long enough that an import goes on at the steady rate with several requests under way (2 s
    /// each by default), short enough that a blocked account does not hold a worker.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>A server that asks for longer than this is asked again all the same: its clock, or ours, may be wrong.</summary>
    public static readonly TimeSpan LongestBlock = TimeSpan.FromHours(1);

    private const int MaxLocal = 10_000;

    private readonly ConcurrentDictionary<RequestPayer, LocalBucket> _local = new();

    /// <inheritdoc/>
    public async Task TakeAsync(RequestPayer payer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(payer);
        for (var waited = TimeSpan.Zero; ;)
        {
            var wait = await TryTakeAsync(payer, cancellationToken).ConfigureAwait(false);
            if (wait == TimeSpan.Zero)
            {
                return;
            }

            if (waited + wait > Patience)
            {
                throw new ProviderException(
                    ProviderFault.RateLimited, "rate_limited", "This calendar account has been asked a lot. It goes on in a while.", time.GetCurrentInstant() + Duration.FromTimeSpan(wait));
            }

            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            waited += wait;
        }
    }

    /// <inheritdoc/>
    public async Task BlockAsync(RequestPayer payer, TimeSpan wait, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(payer);
        wait = wait < LongestBlock ? wait : LongestBlock;
        if (wait <= TimeSpan.Zero)
        {
            return;
        }

        // Both: the process must not forget it when Redis goes away in between.
        Local(payer).Block(wait);
        await store.TryAsync(database => database.StringSetAsync(BlockKey(payer), 1, wait), cancellationToken).ConfigureAwait(false);
    }

    // Zero when the request may go out; else how long to wait before the next try.
    private async Task<TimeSpan> TryTakeAsync(RequestPayer payer, CancellationToken cancellationToken)
    {
        var limit = LimitOf(payer.Provider);
        var (available, blocked) = await store.TryAsync(database => database.KeyTimeToLiveAsync(BlockKey(payer)), cancellationToken).ConfigureAwait(false);
        if (!available)
        {
            return Local(payer).Take(limit);
        }

        if (blocked is { } left && left > TimeSpan.Zero)
        {
            return left;
        }

        if (limit is null)
        {
            return TimeSpan.Zero;
        }

        var decision = await limiter.TakeAsync($"provider:{payer.Provider}:{payer.Key}", limit.Value, 1, cancellationToken).ConfigureAwait(false);
        return decision.Outcome switch
        {
            RateLimitOutcome.Allowed => TimeSpan.Zero,
            RateLimitOutcome.Limited => decision.RetryAfter + TimeSpan.FromMilliseconds(1),
            _ => Local(payer).Take(limit),
        };
    }

    private RateLimit? LimitOf(CalendarProvider provider) => provider == CalendarProvider.Apple && options.Value.ApplePerMinute > 0
        ? RateLimit.PerMinute(options.Value.ApplePerMinute, options.Value.AppleBurst ?? options.Value.ApplePerMinute)
        : null;

    // Only a memory: losing it costs a burst.
    private LocalBucket Local(RequestPayer payer)
    {
        if (_local.Count >= MaxLocal)
        {
            _local.Clear();
        }

        return _local.GetOrAdd(payer, _ => new LocalBucket(time));
    }

    private static RedisKey BlockKey(RequestPayer payer) => $"{RedisStore.Prefix}blocked:{payer.Provider}:{payer.Key}";
}
