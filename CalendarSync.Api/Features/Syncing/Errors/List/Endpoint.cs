using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.Features.Connections;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;
using NodaTime;

namespace CalendarSync.Api.Features.Syncing.Errors.List;

internal sealed record Request
{
    [Required]
    public Guid? ConnectionId { get; init; }
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    public Validator() => RuleFor(r => r.ConnectionId).NotNull().WithMessage("connection_id is required.");
}

/// <summary>An event, or a whole calendar, that is not in step.</summary>
internal sealed record ErrorBody
{
    public required Guid Id { get; init; }

    /// <summary>Of the event; absent where it could not be read, and for a calendar.</summary>
    public string? Title { get; init; }

    /// <summary>read, create, update or delete.</summary>
    public required string Operation { get; init; }
    public required string Code { get; init; }

    /// <summary>What is wrong, in plain words.</summary>
    public required string Message { get; init; }

    /// <summary>What a person can do about it.</summary>
    public required string Action { get; init; }
    public required Instant OccurredAt { get; init; }

    /// <summary>When it is tried again by itself; absent where every sync tries.</summary>
    public Instant? NextRetryAt { get; init; }

    public static ErrorBody From(SyncErrorRow row) => new()
    {
        Id = row.Id,
        Title = row.Title,
        Operation = row.Operation,
        Code = row.Code,
        Message = row.Message,
        Action = ErrorAdvice.For(row.Code),
        OccurredAt = row.OccurredAt,
        NextRetryAt = row.NextRetryAt,
    };
}

internal sealed record Response(bool Success, IReadOnlyList<ErrorBody> Errors);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Get("/api/calendar/errors");
        Definition.TakesAddress();
        Definition.Describe("Syncing", "List what is not in step", "Events that could not be synced, why, and what helps. They never hold up the others.",
            new(400, "validation_error"), new(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var connection = await transaction.RequireConnectionAsync(req.ConnectionId!.Value, ct);
        return new Response(true, [.. (await SyncErrorStore.ListAsync(transaction, connection.Id, ct)).Select(ErrorBody.From)]);
    }
}
