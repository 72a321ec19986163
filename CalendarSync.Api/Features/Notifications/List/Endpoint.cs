using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Notifications;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;

namespace CalendarSync.Api.Features.Notifications.List;

internal sealed record Request
{
    public const int MaxLimit = 100;

    /// <summary>true: only those that are not read yet.</summary>
    public bool Unread { get; init; }

    /// <summary>At most so many, 1 to 100.</summary>
    public int Limit { get; init; } = 20;
    public int Offset { get; init; }
}

internal sealed class Validator : Validator<Request>
{
    public Validator()
    {
        RuleFor(r => r.Limit).InclusiveBetween(1, Request.MaxLimit).WithMessage($"limit must lie between 1 and {Request.MaxLimit}.");
        RuleFor(r => r.Offset).GreaterThanOrEqualTo(0).WithMessage("offset must not be negative.");
    }
}

internal sealed record Response(bool Success, IReadOnlyList<NotificationBody> Notifications, int UnreadCount, bool HasMore);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Get("/api/notifications");
        Definition.TakesAddress();
        Definition.Describe("Notifications", "List notices", "Those of the user, newest first: what Rowan's bell shows, of whatever kind.",
            new ApiError(400, "validation_error"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var rows = await NotificationInbox.ListAsync(transaction, req.Unread, req.Limit + 1, req.Offset, ct);
        var unread = await NotificationInbox.CountUnreadAsync(transaction, ct);
        return new Response(true, [.. rows.Take(req.Limit).Select(NotificationBody.From)], unread, rows.Count > req.Limit);
    }
}
