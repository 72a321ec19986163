namespace CalendarSync.Api.OpenApi;

/// <summary>An error (RFC 9457), with the members that Rowan's client reads. Only describes: <see cref="Errors.ProblemWriter"/> writes.</summary>
internal sealed record ProblemDocument
{
    /// <summary>A URN that ends with the code.</summary>
    public required string Type { get; init; }
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }
    public required string Detail { get; init; }

    /// <summary>What support can look the request up by.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("traceId")]
    public required string TraceId { get; init; }

    /// <summary>Stable, snake_case.</summary>
    public required string Code { get; init; }

    /// <summary>Plain text for people.</summary>
    public required string Error { get; init; }

    /// <summary>What is wrong with single members of the request.</summary>
    public IReadOnlyList<Errors.FieldError>? Details { get; init; }

    /// <summary>Seconds until the next try makes sense; also in the header Retry-After.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>already_connected only: the connection that exists.</summary>
    public Guid? ExistingConnectionId { get; init; }

    /// <summary>already_connected only: its status.</summary>
    public string? ConnectionStatus { get; init; }
}
