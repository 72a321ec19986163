using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;
using NodaTime;

namespace CalendarSync.Api.Features.Connections.ListByProvider;

internal sealed record Request
{
    public string Provider { get; init; } = "";
    [Required]
    public Guid? SpaceId { get; init; }
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    public Validator() => RuleFor(r => r.SpaceId).NotNull().WithMessage("space_id is required.");
}

/// <summary>The shape that Rowan's calendar page polls.</summary>
internal sealed record ConnectionItemBody(
    Guid Id,
    string Provider,
    string? ProviderAccountId,
    string SyncStatus,
    string SyncDirection,
    Instant? LastSyncAt,
    string? LastErrorMessage,
    Instant CreatedAt);

internal sealed record Response(bool Success, IReadOnlyList<ConnectionItemBody> Connections);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Get("/api/calendar/connect/{provider}");
        Definition.TakesAddress();
        Definition.Describe("Connections", "List the connections of one provider", "In the shape that Rowan's calendar page reads, newest first.",
            new(400, "validation_error"), new(403, "space_access_denied"), new(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        var provider = CalendarProviders.Parse(req.Provider) ?? throw new ProblemException(Problems.ForStatus(404));
        var space = new SpaceId(req.SpaceId!.Value);
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        await transaction.RequireMemberAsync(space, ct);
        var rows = await ConnectionStore.ListAsync(transaction, space, provider, ct);
        return new Response(true, [.. rows.Select(row => new ConnectionItemBody(
            row.Id.Value,
            row.Provider,
            row.ProviderAccountId,
            row.SyncStatus,
            row.SyncDirection,
            row.LastSyncAt,
            row.LastErrorMessage,
            row.CreatedAt))]);
    }
}
