using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Connections.Get;

internal sealed record Response(bool Success, ConnectionBody Connection);

internal sealed class Endpoint(RowanDatabase database) : EndpointWithoutRequest<Response>
{
    public override void Configure()
    {
        Get("/api/calendar/connections/{id:guid}");
        Definition.Describe("Connections", "Read a connected calendar", "Its status, counts and last error.", new ApiError(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        return new Response(true, ConnectionBody.From(await transaction.RequireConnectionAsync(Route<Guid>("id"), ct)));
    }
}
