using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Connections.Progress;

internal sealed class Endpoint(RowanDatabase database, ProgressStream stream) : EndpointWithoutRequest<ProgressBody>
{
    public override void Configure()
    {
        Get("/api/calendar/connections/{id:guid}/progress");
        Definition.Options(builder => builder.WithMetadata(new AlsoProduces(ProgressStream.ContentType)));
        Definition.Describe("Syncing", "Follow the progress of a sync",
            "As JSON, or, with Accept: text/event-stream, each change as an event \"progress\" until the phase is done.",
            new ApiError(404, "not_found"));
    }

    public override async Task HandleAsync(CancellationToken ct)
    {
        var user = User.UserId();
        ConnectionRow connection;
        await using (var transaction = await database.BeginAsUserAsync(user, ct))
        {
            connection = await transaction.RequireConnectionAsync(Route<Guid>("id"), ct);
        }

        if (WantsEvents(HttpContext.Request))
        {
            await stream.WriteAsync(HttpContext.Response, user, connection, ct);
        }
        else
        {
            await Send.OkAsync(ProgressBody.Of(connection), ct);
        }
    }

    private static bool WantsEvents(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(accept => accept.MediaType.Equals(ProgressStream.ContentType, StringComparison.OrdinalIgnoreCase));
}
