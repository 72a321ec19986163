using CalendarSync.Core.Providers;
using Npgsql;
using StackExchange.Redis;

namespace CalendarSync.Api.Errors;

/// <summary>Classifies faults by type and code, never by their text.</summary>
internal static class ProblemMapping
{
    public static Problem Map(Exception fault) => fault switch
    {
        ProblemException refused => refused.Problem,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Problems.BodyTooLarge,
        BadHttpRequestException bad => Problems.ForStatus(bad.StatusCode),
        ProviderException provider => Map(provider),
        PostgresException postgres => Map(postgres),

        // Not an answer of the server: it could not be reached, or did not answer in time.
        NpgsqlException or RedisException or TimeoutException => Problems.ServiceUnavailable,
        _ => Problems.Internal,
    };

    /// <summary>Only a connect talks to a provider inside a request, so every fault is about what the person has typed, or passes.</summary>
    private static Problem Map(ProviderException fault) => fault.Fault switch
    {
        ProviderFault.AuthExpired => new(400, "invalid_credentials", fault.Message),
        ProviderFault.RateLimited => new(503, "provider_rate_limited", fault.Message) { RetryAfter = TimeSpan.FromMinutes(1) },
        ProviderFault.Transient => new(400, "server_unreachable", fault.Message),
        ProviderFault.Permanent when fault.Code == "address_not_allowed" => new(400, fault.Code, fault.Message),
        _ => new(400, "not_a_calendar_server", fault.Message),
    };

    /// <remarks>https://www.postgresql.org/docs/15/errcodes-appendix.html</remarks>
    private static Problem Map(PostgresException fault) => fault.SqlState switch
    {
        PostgresErrorCodes.InsufficientPrivilege => Problems.AccessDenied,
        PostgresErrorCodes.UniqueViolation => new(409, "already_exists", "This already exists."),
        PostgresErrorCodes.ForeignKeyViolation => new(409, "conflict", "Something that this refers to does not exist any more."),
        PostgresErrorCodes.ObjectNotInPrerequisiteState => Problems.ConnectionDisconnected,
        ['2', '2', ..] or PostgresErrorCodes.CheckViolation or PostgresErrorCodes.NotNullViolation =>
            new(400, "validation_error", "Some of the values cannot be stored."),
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable =>
            Problems.ServiceUnavailable with { RetryAfter = TimeSpan.FromSeconds(1) },

        // 08 connection, 53 resources, 57 operator intervention (shutdown, cancelled): the database is away or full.
        ['0', '8', ..] or ['5', '3', ..] or ['5', '7', ..] => Problems.ServiceUnavailable,
        _ => Problems.Internal,
    };
}
