using System.Net;
using CalendarSync.Core.Providers.CalDav.Wire;
using NodaTime;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>The one place where what went wrong on the wire becomes a <see cref="ProviderException"/>.</summary>
internal static class CalDavFaults
{
    public static ProviderException InvalidCredentials() =>
        new(ProviderFault.AuthExpired, "invalid_credentials", "The calendar server does not accept this user name and password.");

    public static ProviderException NotACalendarServer(Exception? cause = null) =>
        new(ProviderFault.Permanent, "not_a_calendar_server", "There is no CalDAV calendar at this address.", innerException: cause);

    public static ProviderException AddressNotAllowed(Exception? cause = null) =>
        new(ProviderFault.Permanent, "address_not_allowed", "This server address is not allowed.", innerException: cause);

    public static ProviderException Unreachable(Exception? cause = null) =>
        new(ProviderFault.Transient, "server_unreachable", "The calendar server cannot be reached.", innerException: cause);

    public static ProviderException ConnectionLost(Exception cause) =>
        new(ProviderFault.Transient, "connection_lost", "The connection to the calendar server was lost.", innerException: cause);

    public static ProviderException Timeout(Exception cause) =>
        new(ProviderFault.Transient, "timeout", "The calendar server took too long to answer.", innerException: cause);

    public static ProviderException InvalidResponse(Exception? cause = null) =>
        new(ProviderFault.Transient, "invalid_response", "The calendar server sent an answer that cannot be understood.", innerException: cause);

    public static ProviderException ResponseTooLarge(Exception cause) =>
        new(ProviderFault.Permanent, "response_too_large", "The calendar server sent more than can be taken in.", innerException: cause);

    public static ProviderException CursorExpired() =>
        new(ProviderFault.CursorExpired, "cursor_expired", "The calendar has to be compared in full.");

    public static ProviderException CalendarGone() =>
        new(ProviderFault.Gone, "calendar_gone", "This calendar does not exist any more.");

    public static ProviderException RateLimited(Instant? retryAt) =>
        new(ProviderFault.RateLimited, "rate_limited", "The calendar server asks to wait.", retryAt);

    public static ProviderException ServerError() =>
        new(ProviderFault.Transient, "server_error", "The calendar server has a problem of its own.");

    /// <summary>Classifies an answer that is no success, about a collection as a whole.</summary>
    public static ProviderException From(DavAnswer answer) => answer.Status switch
    {
        HttpStatusCode.Unauthorized => InvalidCredentials(),
        HttpStatusCode.TooManyRequests => RateLimited(answer.RetryAt),
        HttpStatusCode.ServiceUnavailable when answer.RetryAt is not null => RateLimited(answer.RetryAt),
        HttpStatusCode.NotFound or HttpStatusCode.Gone => CalendarGone(),
        HttpStatusCode.Forbidden => new(ProviderFault.Permanent, "access_denied", "The calendar server does not allow this."),
        HttpStatusCode.RequestTimeout or HttpStatusCode.Locked or HttpStatusCode.MisdirectedRequest or (HttpStatusCode)425 => ServerError(),
        >= HttpStatusCode.InternalServerError => ServerError(),
        < HttpStatusCode.MultipleChoices => InvalidResponse(),
        _ => new(ProviderFault.Permanent, "request_refused", "The calendar server refused the request."),
    };
}
