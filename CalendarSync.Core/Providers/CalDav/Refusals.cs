using System.Net;
using CalendarSync.Core.Providers.CalDav.Wire;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>What a server's no to one write means.</summary>
internal static class Refusals
{
    /// <summary>Classifies by the named condition (RFC 4791, section 5.3.2.1; RFC 3744; RFC 4331), then by status.</summary>
    public static WriteResult Of(DavAnswer answer)
    {
        foreach (var condition in answer.Conditions)
        {
            switch (condition.Name.LocalName)
            {
                case "need-privileges":
                    return ReadOnly();
                case "max-resource-size":
                    return TooLarge();
                case "quota-not-exceeded" or "sufficient-disk-space":
                    return Quota();
                case "no-uid-conflict":
                    return new WriteResult.Rejected("uid_conflict", "The account already holds this event in another calendar.");
                case "valid-calendar-data" or "valid-calendar-object-resource" or "supported-calendar-data" or "supported-calendar-component"
                    or "min-date-time" or "max-date-time" or "max-instances" or "max-attendees-per-instance":
                    return Invalid();
                default:
                    continue;
            }
        }

        return answer.Status switch
        {
            HttpStatusCode.Forbidden or HttpStatusCode.MethodNotAllowed => ReadOnly(),
            HttpStatusCode.RequestEntityTooLarge => TooLarge(),
            HttpStatusCode.InsufficientStorage => Quota(),
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or >= HttpStatusCode.InternalServerError or HttpStatusCode.Locked
                or HttpStatusCode.RequestTimeout or HttpStatusCode.MisdirectedRequest => Failed(CalDavFaults.From(answer)),
            _ => Invalid(),
        };
    }

    /// <summary>The same for a create, where 404 and 409 are about the calendar (RFC 4918, section 9.7.1).</summary>
    public static WriteResult OfCreate(DavAnswer answer) => answer.Status switch
    {
        HttpStatusCode.NotFound or HttpStatusCode.Gone => CalendarGone(),
        HttpStatusCode.PreconditionFailed => new WriteResult.Rejected("uid_conflict", "The account already holds this event in another calendar."),
        _ => Of(answer),
    };

    /// <summary>The calendar is not there; the next pull finds out for good.</summary>
    public static WriteResult.Failed CalendarGone() => Failed(CalDavFaults.CalendarGone());

    /// <summary>The event is larger than the calendar takes.</summary>
    public static WriteResult.Rejected TooLarge() => new("too_large", "The event is larger than the calendar allows.");

    private static WriteResult.Failed Failed(ProviderException fault) => new(fault.Code, fault.Message, fault.RetryAt);

    private static WriteResult.Rejected ReadOnly() => new("read_only", "This calendar does not allow the change.");

    private static WriteResult.Rejected Quota() => new("quota", "The calendar account is full.");

    private static WriteResult.Rejected Invalid() => new("rejected", "The calendar does not accept this event.");
}
