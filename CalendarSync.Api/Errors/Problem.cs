namespace CalendarSync.Api.Errors;

/// <summary>An answer that says no: what is written as <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable, snake_case; programs decide by it.</param>
/// <param name="Error">Plain words for people; nothing internal, nothing secret.</param>
internal sealed record Problem(int Status, string Code, string Error)
{
    /// <summary>What is wrong with single members of the request.</summary>
    public IReadOnlyList<FieldError> Details { get; init; } = [];

    /// <summary>When to try again; rounded up to whole seconds in <c>Retry-After</c> and <c>retry_after</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Members that belong to this code only, such as <c>existing_connection_id</c>.</summary>
    public IReadOnlyDictionary<string, object?> Extensions { get; init; } = new Dictionary<string, object?>();
}

/// <summary>What is wrong with one member of a request.</summary>
/// <param name="Path">The way to the member, as the client wrote it.</param>
/// <param name="Message">Plain words for people.</param>
internal sealed record FieldError(IReadOnlyList<string> Path, string Message);

/// <summary>Ends a request with a problem; turned into the answer in <see cref="ProblemMiddleware"/>.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Code)
{
    public Problem Problem { get; } = problem;
}
