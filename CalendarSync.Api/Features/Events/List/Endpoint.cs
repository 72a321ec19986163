using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;
using NodaTime;

namespace CalendarSync.Api.Features.Events.List;

internal sealed record Request
{
    public const int MaxLimit = 1000;

    [Required]
    public Guid? SpaceId { get; init; }

    /// <summary>Only events that end after this time. A series always counts: its occurrences are not listed one by one.</summary>
    public Instant? From { get; init; }

    /// <summary>Only events that start before this time.</summary>
    public Instant? To { get; init; }

    /// <summary>The trash too.</summary>
    public bool IncludeDeleted { get; init; }

    /// <summary>At most so many events, 1 to 1000.</summary>
    public int Limit { get; init; } = MaxLimit;
    public int Offset { get; init; }
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    public Validator()
    {
        RuleFor(r => r.SpaceId).NotNull().WithMessage("space_id is required.");
        RuleFor(r => r.To).GreaterThan(r => r.From).When(r => r.From is not null && r.To is not null).WithMessage("to must come after from.");
        RuleFor(r => r.Limit).InclusiveBetween(1, Request.MaxLimit).WithMessage($"limit must lie between 1 and {Request.MaxLimit}.");
        RuleFor(r => r.Offset).GreaterThanOrEqualTo(0).WithMessage("offset must not be negative.");
    }
}

/// <summary>Events of a space in the order of their start.</summary>
internal sealed record Response(bool Success, IReadOnlyList<EventBody> Data, bool HasMore);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Get("/api/calendar");
        Definition.TakesAddress();
        Definition.Describe("Events", "List the events of a space", "In the order of their start.",
            new(400, "validation_error"), new(403, "space_access_denied"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        var space = new SpaceId(req.SpaceId!.Value);
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        await transaction.RequireMemberAsync(space, ct);

        // One more than asked for tells whether there are more.
        var rows = await EventStore.ListAsync(transaction, new EventQuery(space, req.From, req.To, req.IncludeDeleted, req.Limit + 1, req.Offset), ct);
        return new Response(true, [.. rows.Take(req.Limit).Select(EventBody.From)], rows.Count > req.Limit);
    }
}
