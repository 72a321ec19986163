namespace CalendarSync.Core.Coordination;

/// <summary>A token bucket: full at first, refilled evenly.</summary>
/// <param name="Capacity">Tokens of a full bucket, so the largest burst; at least 1.</param>
/// <param name="RefillPeriod">Time in which an empty bucket becomes full; at least 1 ms.</param>
public readonly record struct RateLimit(int Capacity, TimeSpan RefillPeriod)
{
    /// <summary>A steady rate with a burst of another size, for example 300 a minute and 50 at once.</summary>
    public static RateLimit Of(int tokens, TimeSpan period, int burst) => new(burst, period / tokens * burst);

    /// <summary>A steady rate a minute, with a burst.</summary>
    public static RateLimit PerMinute(int tokens, int burst) => Of(tokens, TimeSpan.FromMinutes(1), burst);
}

/// <summary>The answer of <see cref="RateLimiter"/>.</summary>
/// <param name="Outcome">What to do.</param>
/// <param name="RetryAfter">For <see cref="RateLimitOutcome.Limited"/>: when enough tokens will be there; otherwise zero.</param>
/// <param name="Remaining">Whole tokens left; 0 where that is not known.</param>
public readonly record struct RateLimitDecision(RateLimitOutcome Outcome, TimeSpan RetryAfter, int Remaining)
{
    /// <summary>Go on.</summary>
    public bool IsAllowed => Outcome is RateLimitOutcome.Allowed;
}

/// <summary>Kinds of answers.</summary>
public enum RateLimitOutcome
{
    /// <summary>The tokens are taken: go on.</summary>
    Allowed,

    /// <summary>Nothing is taken: wait.</summary>
    Limited,

    /// <summary>Redis is away. Whether to go on is the caller's decision, because only it knows what is at stake.</summary>
    Unavailable,
}
