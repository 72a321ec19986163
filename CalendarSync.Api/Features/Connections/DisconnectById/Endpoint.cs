using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Connections.DisconnectById;

internal sealed record Request
{
    public Guid ConnectionId { get; init; }

    /// <summary>Also put the events that came from this calendar into the trash.</summary>
    public bool DeleteSyncedEvents { get; init; }
}

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, DisconnectedBody>
{
    public override void Configure()
    {
        Delete("/api/calendar/disconnect/{connectionId:guid}");
        Definition.TakesAddress();
        Definition.Describe("Connections", "Disconnect a calendar, by its address", "The same as POST /api/calendar/disconnect.", Disconnection.Errors);
    }

    public override Task<DisconnectedBody> ExecuteAsync(Request req, CancellationToken ct) =>
        database.DisconnectAsync(User.UserId(), Route<Guid>("connectionId"), req.DeleteSyncedEvents, ct);
}
