using NodaTime;

namespace CalendarSync.Core.Providers;

/// <summary>Why a provider could not do what was asked: the one classification that the rest of the product acts on.</summary>
public enum ProviderFault
{
    /// <summary>It may work later: a lost connection, a time-out, a 5xx.</summary>
    Transient,

    /// <summary>The account has to wait, until <see cref="ProviderException.RetryAt"/> where that is set.</summary>
    RateLimited,

    /// <summary>The credentials are not accepted any more; only the user can mend that.</summary>
    AuthExpired,

    /// <summary>The position in the change feed is not known any more; a complete listing is needed.</summary>
    CursorExpired,

    /// <summary>The calendar does not exist any more.</summary>
    Gone,

    /// <summary>It will not work, however often it is tried: not a calendar server, a refused request.</summary>
    Permanent,
}

/// <summary>A fault of a provider, classified.</summary>
public sealed class ProviderException : Exception
{
    /// <summary>A fault.</summary>
    /// <param name="fault">The classification.</param>
    /// <param name="code">Stable, snake_case; shown as <c>last_error_code</c>.</param>
    /// <param name="message">In plain words for the user: no address, no account, no content.</param>
    /// <param name="retryAt">When the provider allows the next try, if it says so.</param>
    /// <param name="innerException">The cause, for the log.</param>
    public ProviderException(ProviderFault fault, string code, string message, Instant? retryAt = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Fault = fault;
        Code = code;
        RetryAt = retryAt;
    }

    /// <summary>The classification.</summary>
    public ProviderFault Fault { get; }

    /// <summary>Stable, snake_case.</summary>
    public string Code { get; }

    /// <summary>When the next try is allowed, if the provider said so.</summary>
    public Instant? RetryAt { get; }
}
