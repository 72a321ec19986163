using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Events.Restore;

internal sealed class Endpoint(RowanDatabase database) : EndpointWithoutRequest<EventResponse>
{
    public override void Configure()
    {
        Post("/api/calendar/{id:guid}/restore");
        Definition.Describe("Events", "Restore a deleted event", "Takes it out of the trash. An event that is not in the trash stays as it is.",
            new ApiError(404, "not_found"));
    }

    public override async Task<EventResponse> ExecuteAsync(CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var row = await EventStore.RestoreAsync(transaction, new RowanEventId(Route<Guid>("id")), ct) ?? throw new ProblemException(Problems.EventNotFound);
        await transaction.CommitAsync(ct);
        return EventResponse.From(row);
    }
}
