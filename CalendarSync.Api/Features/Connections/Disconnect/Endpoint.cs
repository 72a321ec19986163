using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;

namespace CalendarSync.Api.Features.Connections.Disconnect;

internal sealed record Request
{
    [Required]
    public Guid? ConnectionId { get; init; }

    /// <summary>Also put the events that came from this calendar into the trash.</summary>
    public bool? DeleteSyncedEvents { get; init; }
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    public Validator() => RuleFor(r => r.ConnectionId).NotNull().WithMessage("connection_id is required.");
}

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, DisconnectedBody>
{
    public override void Configure()
    {
        Post("/api/calendar/disconnect");
        Definition.TakesJson();
        Definition.Describe("Connections", "Disconnect a calendar", "Removes its credentials and everything that the sync needed. Rowan's events stay.", Disconnection.Errors);
    }

    public override Task<DisconnectedBody> ExecuteAsync(Request req, CancellationToken ct) =>
        database.DisconnectAsync(User.UserId(), req.ConnectionId!.Value, req.DeleteSyncedEvents ?? false, ct);
}
