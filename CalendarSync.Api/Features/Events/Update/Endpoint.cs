using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Events.Update;

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, EventResponse>
{
    public override void Configure()
    {
        Patch("/api/calendar/{id:guid}");
        Definition.TakesJson();
        Definition.Describe("Events", "Change an event", "Only the members that are given change.",
            new(400, "validation_error"), new(404, "not_found"));
    }

    public override async Task<EventResponse> ExecuteAsync(Request req, CancellationToken ct)
    {
        var id = new RowanEventId(Route<Guid>("id"));
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        if (await EventStore.FindForUpdateAsync(transaction, id, ct) is not { DeletedAt: null } current)
        {
            throw new ProblemException(Problems.EventNotFound);
        }

        if (req.AssignedTo is { IsSet: true, Value: { } assignee } && assignee != current.AssignedTo?.Value)
        {
            await transaction.RequireAssigneeAsync(current.SpaceId, assignee, ct);
        }

        var row = await EventStore.UpdateAsync(transaction, id, EventPatch.Apply(req, current), ct) ?? throw new ProblemException(Problems.EventNotFound);
        await transaction.CommitAsync(ct);
        return EventResponse.From(row);
    }
}
