using Microsoft.AspNetCore.WebUtilities;

namespace CalendarSync.Api.Errors;

/// <summary>Every problem that the API answers with, so that each code has one status and one wording.</summary>
internal static class Problems
{
    public static Problem Unauthorized { get; } = new(401, "unauthorized", "Please sign in.");

    public static Problem AccessDenied { get; } =
        new(403, "access_denied", "Only the person who connected this calendar, or an owner or admin of the space, can do this.");

    public static Problem SpaceAccessDenied { get; } = new(403, "space_access_denied", "Space not found or access denied.");

    public static Problem EventNotFound { get; } = new(404, "not_found", "Event not found.");

    public static Problem ConnectionNotFound { get; } = new(404, "not_found", "Calendar connection not found.");

    public static Problem ErrorNotFound { get; } = new(404, "not_found", "There is no such error.");

    public static Problem NothingHeld { get; } = new(409, "nothing_held", "No deletions are waiting for a decision.");

    public static Problem ConflictNotFound { get; } = new(404, "not_found", "Conflict not found.");

    public static Problem NotificationNotFound { get; } = new(404, "not_found", "Notification not found.");

    public static Problem VersionNotRestorable { get; } =
        new(409, "version_not_restorable", "This version cannot be written back any more. It stays in the history.");

    public static Problem ConnectionDisconnected { get; } =
        new(400, "connection_disconnected", "Calendar connection is disconnected. Please reconnect first.");

    public static Problem ConnectionPaused { get; } =
        new(400, "connection_paused", "Syncing of this calendar is paused. Resume it first; what was changed meanwhile is then synced at once.");

    public static Problem DifferentAccount { get; } =
        new(409, "different_account", "This is another account than the one that is connected. To change accounts, disconnect this calendar and connect the other one.");

    public static Problem ComingSoon(string providerName) => new(409, "coming_soon", $"{providerName} is not available yet.");

    public static Problem ReconnectRequired(string? reason) =>
        new(400, "reconnect_required", reason ?? "The calendar does not accept the stored credentials any more. Please reconnect it.");

    public static Problem BodyTooLarge { get; } = new(413, "body_too_large", "Request body too large. The limit is 1 MB.");

    public static Problem IdempotencyKeyReused { get; } =
        new(422, "idempotency_key_reused", "This Idempotency-Key was already used for a different request.");

    public static Problem RequestInProgress { get; } =
        new(409, "request_in_progress", "The same request is still being worked on.") { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Problem ServiceUnavailable { get; } =
        new(503, "service_unavailable", "The service is not available right now. Please try again in a moment.") { RetryAfter = TimeSpan.FromSeconds(5) };

    public static Problem Internal { get; } = new(500, "internal_error", "Something went wrong on our side. Please try again later.");

    public static Problem RateLimited(TimeSpan retryAfter, string error = "Too many requests. Please try again later.") =>
        new(429, "rate_limited", error) { RetryAfter = retryAfter };

    public static Problem AlreadyConnected(string providerName, Guid? existingId, string? existingStatus) =>
        new(409, "already_connected", $"{providerName} is already connected to this space.")
        {
            // RFC 9457 takes the member "status" for the HTTP status, so the connection's own goes by its full name.
            Extensions = existingId is null
                ? new Dictionary<string, object?>()
                : new Dictionary<string, object?> { ["existing_connection_id"] = existingId, ["connection_status"] = existingStatus },
        };

    public static Problem Validation(params IReadOnlyList<FieldError> details) =>
        new(400, "validation_error", details is [var only] ? only.Message : "Some of the values are not valid.") { Details = details };

    public static Problem Validation(string member, string message) => Validation([new FieldError([member], message)]);

    /// <summary>The problem for a bare status that the framework decided on: no route, wrong method, wrong content type.</summary>
    public static Problem ForStatus(int status) => status switch
    {
        400 => new(400, "bad_request", "The request could not be understood."),
        401 => Unauthorized,
        403 => AccessDenied,
        404 => new(404, "not_found", "There is nothing at this address."),
        405 => new(405, "method_not_allowed", "This address does not support that method."),
        413 => BodyTooLarge,
        415 => new(415, "unsupported_media_type", "Send the body as application/json."),
        503 => ServiceUnavailable,
        >= 500 => Internal with { Status = status },
        _ => new(status, "request_failed", ReasonPhrases.GetReasonPhrase(status)),
    };
}
