using System.Collections.Immutable;
using System.Net;
using System.Xml.Linq;
using CalendarSync.Core.Providers.CalDav.Wire;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>
/// Finds the calendars of an account from whatever address the user gave: the server, the principal, the calendar home or a calendar
/// (RFC 6764, section 6; RFC 5397; RFC 4791, section 6.2.1).
/// </summary>
internal sealed class CalDavDiscovery(CalDavClient client)
{
    private const string WellKnown = "/.well-known/caldav";

    /// <summary>Finds the home.</summary>
    /// <exception cref="ProviderException">invalid_credentials, server_unreachable, not_a_calendar_server, address_not_allowed.</exception>
    public async Task<CalDavHome> FindHomeAsync(CalDavSession session, CancellationToken cancellationToken)
    {
        try
        {
            return await FromAddressAsync(session, session.Server, cancellationToken).ConfigureAwait(false)
                ?? await FromAddressAsync(session, new Uri(session.Server, WellKnown), cancellationToken).ConfigureAwait(false)
                ?? await FromListingAsync(session, cancellationToken).ConfigureAwait(false)
                ?? throw CalDavFaults.NotACalendarServer();
        }
        catch (ProviderException e) when (e.Code is "invalid_response" or "response_too_large")
        {
            // Something answers there, only not in the language of calendars.
            throw CalDavFaults.NotACalendarServer(e);
        }
    }

    private async Task<CalDavHome?> FromAddressAsync(CalDavSession session, Uri address, CancellationToken cancellationToken)
    {
        var properties = new[] { DavNames.ResourceType, DavNames.CurrentUserPrincipal, DavNames.CalendarHomeSet };
        if (await ReadOneAsync(session, address, properties, cancellationToken).ConfigureAwait(false) is not var (answeredBy, resource))
        {
            return null;
        }

        if (resource.IsOfType(DavNames.Calendar))
        {
            return new CalDavHome([DavPath.On(answeredBy, resource.Path)], IsCalendar: true);
        }

        if (Homes(answeredBy, resource) is { IsEmpty: false } homes)
        {
            return new CalDavHome(homes, IsCalendar: false);
        }

        if (resource.Properties.TryGetValue(DavNames.CurrentUserPrincipal, out var principal) && principal.Element(DavNames.Unauthenticated) is not null)
        {
            throw CalDavFaults.InvalidCredentials();
        }

        return resource.Hrefs(DavNames.CurrentUserPrincipal).FirstOrDefault() is { } href && Uri.TryCreate(answeredBy, href, out var principalUri)
            ? await FromPrincipalAsync(session, principalUri, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private async Task<CalDavHome?> FromPrincipalAsync(CalDavSession session, Uri principal, CancellationToken cancellationToken)
    {
        if (await ReadOneAsync(session, principal, [DavNames.CalendarHomeSet], cancellationToken).ConfigureAwait(false) is var (answeredBy, resource)
            && Homes(answeredBy, resource) is { IsEmpty: false } homes)
        {
            return new CalDavHome(homes, IsCalendar: false);
        }

        // iCloud sporadically names the principal and then no home, when it throttles (natelindev/tsdav#95): the password is good.
        return session.Server.IdnHost.EndsWith("icloud.com", StringComparison.OrdinalIgnoreCase) ? throw CalDavFaults.Unreachable() : null;
    }

    // A server without principals: the address itself may hold calendars.
    private async Task<CalDavHome?> FromListingAsync(CalDavSession session, CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(session, DavRequest.Propfind(session.Server, 1, DavBodies.Propfind(DavNames.ResourceType)), cancellationToken).ConfigureAwait(false);
        return answer.MultiStatus?.Responses.Any(r => r.IsOfType(DavNames.Calendar)) == true ? new CalDavHome([answer.Uri], IsCalendar: false) : null;
    }

    private async Task<(Uri AnsweredBy, DavResource Resource)?> ReadOneAsync(
        CalDavSession session, Uri address, IEnumerable<XName> properties, CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(session, DavRequest.Propfind(address, 0, DavBodies.Propfind(properties)), cancellationToken).ConfigureAwait(false);
        if (answer.MultiStatus is { Responses: [var first, ..] })
        {
            // iCloud answers about "/principal/" where another path was asked: with Depth 0 there is only one it can mean.
            return (answer.Uri, first);
        }

        return answer.Status switch
        {
            // 501 is what icloud.com and plain web servers say to PROPFIND (jobisoft/DAV-4-TbSync#95).
            HttpStatusCode.NotImplemented => null,
            HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => throw CalDavFaults.From(answer),
            _ => null,
        };
    }

    private static ImmutableArray<Uri> Homes(Uri answeredBy, DavResource resource) =>
        [.. resource.Hrefs(DavNames.CalendarHomeSet).Select(href => Uri.TryCreate(answeredBy, href, out var uri) ? uri : null).OfType<Uri>()];
}
