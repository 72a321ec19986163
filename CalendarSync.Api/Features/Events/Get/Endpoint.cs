using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Events.Get;

internal sealed record Request
{
    public Guid Id { get; init; }

    /// <summary>Answer also when the event is in the trash.</summary>
    public bool IncludeDeleted { get; init; }
}

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, EventResponse>
{
    public override void Configure()
    {
        Get("/api/calendar/{id:guid}");
        Definition.TakesAddress();
        Definition.Describe("Events", "Read an event", "An event in the trash is not found, unless include_deleted is true.", new ApiError(404, "not_found"));
    }

    public override async Task<EventResponse> ExecuteAsync(Request req, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        return await EventStore.FindAsync(transaction, new RowanEventId(req.Id), ct) is { } row && (req.IncludeDeleted || row.DeletedAt is null)
            ? EventResponse.From(row)
            : throw new ProblemException(Problems.EventNotFound);
    }
}
