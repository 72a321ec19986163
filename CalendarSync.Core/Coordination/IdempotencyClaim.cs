namespace CalendarSync.Core.Coordination;

/// <summary>What to do with a request that carries an <c>Idempotency-Key</c>.</summary>
public abstract record IdempotencyClaim
{
    private IdempotencyClaim()
    {
    }

    /// <summary>The first of its key: run it, then complete or abandon the ticket.</summary>
    public sealed record Started(IdempotencyTicket Ticket) : IdempotencyClaim;

    /// <summary>A repeat: give this answer again.</summary>
    public sealed record Replay(StoredAnswer Answer) : IdempotencyClaim;

    /// <summary>The first one is still running.</summary>
    public sealed record Running : IdempotencyClaim;

    /// <summary>The key was used with another body.</summary>
    public sealed record Reused : IdempotencyClaim;

    /// <summary>Redis is away: run it, there is nothing to complete.</summary>
    public sealed record Unavailable : IdempotencyClaim;
}

/// <summary>The right to complete one request.</summary>
public sealed record IdempotencyTicket(string Key, string Owner);

/// <summary>An answer, to be given again word for word.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Media type of the body.</param>
/// <param name="Body">The body. Holds what the user sent, so it is never logged.</param>
public sealed record StoredAnswer(int Status, string ContentType, string Body)
{
    /// <summary>Without the body.</summary>
    public override string ToString() => $"{nameof(StoredAnswer)} {Status}";
}
