using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Notifications;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Notifications.MarkRead;

internal sealed record Response(bool Success, NotificationBody Notification);

internal sealed class Endpoint(RowanDatabase database) : EndpointWithoutRequest<Response>
{
    public override void Configure()
    {
        Post("/api/notifications/{id:guid}/read");
        Definition.Describe("Notifications", "Mark a notice as read", "One that was read before keeps the time at which it was.",
            new ApiError(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var row = await NotificationInbox.MarkReadAsync(transaction, Route<Guid>("id"), ct) ?? throw new ProblemException(Problems.NotificationNotFound);
        await transaction.CommitAsync(ct);
        return new Response(true, NotificationBody.From(row));
    }
}
