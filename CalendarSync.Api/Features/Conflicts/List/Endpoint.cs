using CalendarSync.Api.Authentication;
using CalendarSync.Api.Features.Connections;
using CalendarSync.Api.Features.Events;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;

namespace CalendarSync.Api.Features.Conflicts.List;

internal sealed record Request
{
    public const int MaxLimit = 100;

    /// <summary>Without it, of all the user's spaces.</summary>
    public Guid? SpaceId { get; init; }
    public Guid? ConnectionId { get; init; }

    /// <summary>The event need not exist any more.</summary>
    public Guid? EventId { get; init; }

    /// <summary>detected, resolved or failed.</summary>
    public string? ResolutionStatus { get; init; }

    /// <summary>At most so many, 1 to 100.</summary>
    public int Limit { get; init; } = 20;
    public int Offset { get; init; }
}

internal sealed class Validator : Validator<Request>
{
    private static readonly string[] Statuses = ["detected", "resolved", "failed"];

    public Validator()
    {
        RuleFor(r => r.ResolutionStatus).OneOf(Statuses);
        RuleFor(r => r.Limit).InclusiveBetween(1, Request.MaxLimit).WithMessage($"limit must lie between 1 and {Request.MaxLimit}.");
        RuleFor(r => r.Offset).GreaterThanOrEqualTo(0).WithMessage("offset must not be negative.");
    }
}

internal sealed record Response(bool Success, IReadOnlyList<ConflictBody> Conflicts, int TotalCount, bool HasMore);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Get("/api/calendar/conflicts");
        Definition.TakesAddress();
        Definition.Describe("Conflicts", "List conflicts", "Newest first, with both versions. They stay when the event or the connection is gone.",
            new(400, "validation_error"), new(403, "space_access_denied"), new(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        SpaceId? space = req.SpaceId is { } id ? new SpaceId(id) : null;
        if (space is { } asked)
        {
            await transaction.RequireMemberAsync(asked, ct);
        }

        var connection = req.ConnectionId is { } connectionId ? (await transaction.RequireConnectionAsync(connectionId, ct)).Id : (ConnectionId?)null;
        var query = new ConflictQuery(space, connection, req.EventId is { } eventId ? new RowanEventId(eventId) : null, req.ResolutionStatus);
        var rows = await ConflictHistory.ListAsync(transaction, query, req.Limit, req.Offset, ct);
        var total = await ConflictHistory.CountAsync(transaction, query, ct);
        return new Response(true, [.. rows.Select(ConflictBody.From)], total, req.Offset + rows.Count < total);
    }
}
