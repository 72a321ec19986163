using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Connections.List;

internal sealed record Request
{
    /// <summary>One space; all spaces of the user where it is absent.</summary>
    public Guid? SpaceId { get; init; }
}

internal sealed record Response(bool Success, IReadOnlyList<ConnectionBody> Connections);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Get("/api/calendar/connections");
        Definition.TakesAddress();
        Definition.Describe("Connections", "List connected calendars", "Of one space or of all the user's spaces, newest first.",
            new ApiError(403, "space_access_denied"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        SpaceId? space = req.SpaceId is { } id ? new SpaceId(id) : null;
        if (space is { } one)
        {
            await transaction.RequireMemberAsync(one, ct);
        }

        var rows = await ConnectionStore.ListAsync(transaction, space, provider: null, ct);
        return new Response(true, [.. rows.Select(ConnectionBody.From)]);
    }
}
