using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using NodaTime;

namespace CalendarSync.Api.Features.Connections.HeldDeletions.List;

/// <summary>A deletion that waits for a decision.</summary>
/// <param name="EventId">The event in Rowan.</param>
/// <param name="Title">As it was last known.</param>
/// <param name="StartTime">As it was last known; absent when the event is gone for good.</param>
/// <param name="Direction">inbound: gone from the calendar, still in Rowan. outbound: deleted in Rowan, still in the calendar.</param>
/// <param name="HeldAt">Since when.</param>
internal sealed record HeldDeletionBody(Guid EventId, string? Title, Instant? StartTime, string Direction, Instant HeldAt);

internal sealed record Response(bool Success, IReadOnlyList<HeldDeletionBody> Events);

internal sealed class Endpoint(RowanDatabase database) : EndpointWithoutRequest<Response>
{
    public override void Configure()
    {
        Get("/api/calendar/connections/{id:guid}/held-deletions");
        Definition.Describe(
            "Connections",
            "List deletions that wait for a decision",
            "Where many events vanish on one side all at once, the other side keeps its own until somebody has decided.",
            new ApiError(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var connection = await transaction.RequireConnectionAsync(Route<Guid>("id"), ct);
        var held = await HeldDeletionStore.ListAsync(transaction, connection.Id, ct);
        return new Response(true, [.. held.Select(h => new HeldDeletionBody(h.RowanEventId, h.Title, h.StartTime, h.Direction, h.HeldAt))]);
    }
}
