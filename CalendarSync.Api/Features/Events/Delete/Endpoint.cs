using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Events.Delete;

internal sealed record Response(bool Success, string Message);

internal sealed class Endpoint(RowanDatabase database) : EndpointWithoutRequest<Response>
{
    public override void Configure()
    {
        Delete("/api/calendar/{id:guid}");
        Definition.Describe("Events", "Delete an event", "It moves to the trash, from where it can be restored for 30 days.", new ApiError(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        if (!await EventStore.SoftDeleteAsync(transaction, new RowanEventId(Route<Guid>("id")), ct))
        {
            throw new ProblemException(Problems.EventNotFound);
        }

        await transaction.CommitAsync(ct);
        return new Response(true, "Event deleted successfully");
    }
}
