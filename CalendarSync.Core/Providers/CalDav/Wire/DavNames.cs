using System.Xml.Linq;

namespace CalendarSync.Core.Providers.CalDav.Wire;

/// <summary>Names of WebDAV (RFC 4918), its access control (3744), sync (6578), CalDAV (4791), and of Apple's additions to them.</summary>
internal static class DavNames
{
    public static readonly XNamespace Dav = "DAV:";
    public static readonly XNamespace CalDav = "urn:ietf:params:xml:ns:caldav";
    public static readonly XNamespace CalendarServer = "http://calendarserver.org/ns/";
    public static readonly XNamespace AppleIcal = "http://apple.com/ns/ical/";

    public static readonly XName ResourceType = Dav + "resourcetype";
    public static readonly XName DisplayName = Dav + "displayname";
    public static readonly XName GetEtag = Dav + "getetag";
    public static readonly XName SyncToken = Dav + "sync-token";
    public static readonly XName SupportedReportSet = Dav + "supported-report-set";
    public static readonly XName CurrentUserPrincipal = Dav + "current-user-principal";
    public static readonly XName PrivilegeSet = Dav + "current-user-privilege-set";
    public static readonly XName Href = Dav + "href";
    public static readonly XName Unauthenticated = Dav + "unauthenticated";
    public static readonly XName SyncCollection = Dav + "sync-collection";

    public static readonly XName Calendar = CalDav + "calendar";
    public static readonly XName CalendarHomeSet = CalDav + "calendar-home-set";
    public static readonly XName CalendarData = CalDav + "calendar-data";
    public static readonly XName CalendarTimeZone = CalDav + "calendar-timezone";
    public static readonly XName SupportedComponents = CalDav + "supported-calendar-component-set";
    public static readonly XName MaxResourceSize = CalDav + "max-resource-size";
    public static readonly XName DefaultCalendar = CalDav + "schedule-default-calendar-URL";
    public static readonly XName NoUidConflict = CalDav + "no-uid-conflict";

    public static readonly XName Ctag = CalendarServer + "getctag";
    public static readonly XName CalendarColor = AppleIcal + "calendar-color";

    /// <summary>The prefix that a namespace is written with: some servers know no other than the customary ones.</summary>
    public static string Prefix(XNamespace ns) =>
        ns == Dav ? "D" : ns == CalDav ? "C" : ns == CalendarServer ? "CS" : ns == AppleIcal ? "A" : throw new ArgumentOutOfRangeException(nameof(ns));
}
