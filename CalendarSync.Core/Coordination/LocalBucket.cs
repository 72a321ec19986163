namespace CalendarSync.Core.Coordination;

/// <summary>One account's bucket within one process, for when the shared one cannot be reached.</summary>
internal sealed class LocalBucket(TimeProvider time)
{
    private readonly Lock _lock = new();
    private double? _tokens;
    private long _at = time.GetTimestamp();
    private DateTimeOffset _blockedUntil;

    /// <summary>Blocks the account; never for less than it was.</summary>
    public void Block(TimeSpan wait)
    {
        lock (_lock)
        {
            var until = time.GetUtcNow() + wait;
            _blockedUntil = until > _blockedUntil ? until : _blockedUntil;
        }
    }

    /// <summary>Takes one token.</summary>
    /// <param name="limit"><c>null</c> = there is none, but a block counts all the same.</param>
    /// <returns>Zero, or how long to wait before the next try; then nothing was taken.</returns>
    public TimeSpan Take(RateLimit? limit)
    {
        lock (_lock)
        {
            if (_blockedUntil - time.GetUtcNow() is var blocked && blocked > TimeSpan.Zero)
            {
                return blocked;
            }

            if (limit is not { } bucket)
            {
                return TimeSpan.Zero;
            }

            var now = time.GetTimestamp();
            var refilled = time.GetElapsedTime(_at, now) / bucket.RefillPeriod * bucket.Capacity;
            var tokens = Math.Min(bucket.Capacity, (_tokens ?? bucket.Capacity) + refilled);
            (_at, _tokens) = (now, tokens >= 1 ? tokens - 1 : tokens);
            return tokens >= 1 ? TimeSpan.Zero : ((1 - tokens) / bucket.Capacity * bucket.RefillPeriod) + TimeSpan.FromMilliseconds(1);
        }
    }
}
