using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.Features.Connections;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;
using NodaTime;

namespace CalendarSync.Api.Features.Syncing.History;

internal sealed record Request
{
    [Required]
    public Guid? ConnectionId { get; init; }

    /// <summary>At most so many, 1 to 100.</summary>
    public int Limit { get; init; } = 10;
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    public Validator()
    {
        RuleFor(r => r.ConnectionId).NotNull().WithMessage("connection_id is required.");
        RuleFor(r => r.Limit).InclusiveBetween(1, 100).WithMessage("limit must lie between 1 and 100.");
    }
}

/// <summary>One pass.</summary>
internal sealed record SyncLogBody
{
    public required Guid Id { get; init; }
    public required Guid ConnectionId { get; init; }

    /// <summary>full, incremental, manual or webhook_triggered.</summary>
    public required string SyncType { get; init; }

    /// <summary>pending, in_progress, completed, failed or partial.</summary>
    public required string Status { get; init; }
    public required Instant StartedAt { get; init; }
    public Instant? CompletedAt { get; init; }
    public required int EventsCreated { get; init; }
    public required int EventsUpdated { get; init; }
    public required int EventsDeleted { get; init; }
    public required int ConflictsDetected { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ErrorCode { get; init; }
    public string? ErrorMessage { get; init; }
    public int? DurationMs { get; init; }

    public static SyncLogBody From(SyncLogRow row) => new()
    {
        Id = row.Id,
        ConnectionId = row.ConnectionId.Value,
        SyncType = row.SyncType,
        Status = row.Status,
        StartedAt = row.StartedAt,
        CompletedAt = row.CompletedAt,
        EventsCreated = row.EventsCreated,
        EventsUpdated = row.EventsUpdated,
        EventsDeleted = row.EventsDeleted,
        ConflictsDetected = row.ConflictsDetected,
        ErrorCode = row.ErrorCode,
        ErrorMessage = row.ErrorMessage,
        DurationMs = row.DurationMs,
    };
}

internal sealed record Response(bool Success, IReadOnlyList<SyncLogBody> SyncLogs, int PendingConflicts);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Get("/api/calendar/sync");
        Definition.TakesAddress();
        Definition.Describe("Syncing", "Read the sync history", "The newest passes of a connection, and how many conflicts are open.",
            new(400, "validation_error"), new(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var connection = await transaction.RequireConnectionAsync(req.ConnectionId!.Value, ct);
        var logs = await SyncLogStore.ListAsync(transaction, connection.Id, req.Limit, ct);
        return new Response(true, [.. logs.Select(SyncLogBody.From)], connection.ConflictsPending);
    }
}
