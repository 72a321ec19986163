using System.Net;
using CalendarSync.Core.Providers.CalDav.Wire;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>What a calendar says about itself.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="SyncToken">The current position; <c>null</c> where sync-collection is not offered.</param>
/// <param name="Ctag">Changes with the calendar; <c>null</c> where there is none.</param>
internal sealed record CalendarState(Uri Address, string? SyncToken, string? Ctag);

/// <summary>Reads the state of a calendar, and the etags of everything in it.</summary>
internal sealed class CalDavLister(CalDavClient client, CalDavPlaces places)
{
    private const int MaxPages = 10_000;

    /// <summary>Reads the state. It is read before the listing, so that what changes in between comes again with the next delta.</summary>
    public async Task<CalendarState> ReadStateAsync(CalDavSession session, string calendarId, Uri? remembered, CancellationToken cancellationToken)
    {
        var body = DavBodies.Propfind(DavNames.ResourceType, DavNames.SyncToken, DavNames.Ctag, DavNames.SupportedReportSet);
        var (address, answer) = await places.AskAsync(session, calendarId, remembered, uri => DavRequest.Propfind(uri, 0, body), cancellationToken).ConfigureAwait(false);
        if (answer.MultiStatus is not { Responses: [var calendar, ..] })
        {
            throw CalDavFaults.From(answer);
        }

        if (calendar.Status is 404 or 410)
        {
            throw CalDavFaults.CalendarGone();
        }

        var offersSync = !calendar.Properties.TryGetValue(DavNames.SupportedReportSet, out var reports) || reports.Descendants(DavNames.SyncCollection).Any();
        return new CalendarState(address, offersSync ? calendar.Text(DavNames.SyncToken) : null, calendar.Text(DavNames.Ctag));
    }

    /// <summary>Lists every event, path to etag.</summary>
    /// <exception cref="ProviderException">The server would not list them all: an incomplete listing is never given for a complete one.</exception>
    public async Task<Dictionary<string, string?>> ListAsync(CalDavSession session, CalendarState state, CancellationToken cancellationToken)
    {
        var query = await client.SendAsync(session, DavRequest.Report(state.Address, 1, DavBodies.EventEtags()), cancellationToken).ConfigureAwait(false);
        if (Complete(query, state.Address) is { } events)
        {
            return events;
        }

        if (query.MultiStatus is null && !IsUnsupported(query.Status))
        {
            throw CalDavFaults.From(query);
        }

        // Cut short (507), or the report is not known here.
        if (query.MultiStatus is not null && state.SyncToken is not null)
        {
            return await ListBySyncAsync(session, state.Address, cancellationToken).ConfigureAwait(false);
        }

        var body = DavBodies.Propfind(DavNames.GetEtag, DavNames.ResourceType);
        var propfind = await client.SendAsync(session, DavRequest.Propfind(state.Address, 1, body), cancellationToken).ConfigureAwait(false);
        return Complete(propfind, state.Address)
            ?? throw (propfind.MultiStatus is null
                ? CalDavFaults.From(propfind)
                : new ProviderException(ProviderFault.Transient, "listing_truncated", "The calendar server does not list all events of this calendar."));
    }

    /// <summary>Whether an answer says that it does not hold everything (RFC 6578, section 3.6).</summary>
    public static bool IsTruncated(MultiStatus answer, Uri calendar) =>
        answer.Responses.Any(r => r.Status == 507 && DavPath.SameCollection(r.Path, DavPath.Canonical(calendar)));

    /// <summary>The members in an answer: not the calendar itself, which many servers list too, nor collections in it.</summary>
    public static IEnumerable<DavResource> Members(MultiStatus answer, Uri calendar) =>
        answer.Responses.Where(r => !r.Path.EndsWith('/') && !DavPath.SameCollection(r.Path, DavPath.Canonical(calendar)) && !r.IsOfType(DavNames.Dav + "collection"));

    private static Dictionary<string, string?>? Complete(DavAnswer answer, Uri calendar)
    {
        if (answer.MultiStatus is not { } listing || IsTruncated(listing, calendar))
        {
            return null;
        }

        var events = new Dictionary<string, string?>();
        foreach (var member in Members(listing, calendar).Where(m => m.Status is null or (>= 200 and < 300)))
        {
            events[member.Path] = member.Text(DavNames.GetEtag);
        }

        return events;
    }

    // An initial sync may come in pages where a query may not.
    private async Task<Dictionary<string, string?>> ListBySyncAsync(CalDavSession session, Uri calendar, CancellationToken cancellationToken)
    {
        var events = new Dictionary<string, string?>();
        var token = "";
        for (var page = 0; page < MaxPages; page++)
        {
            var answer = await client.SendAsync(session, DavRequest.Report(calendar, 0, DavBodies.SyncCollection(token)), cancellationToken).ConfigureAwait(false);
            var changes = answer.MultiStatus ?? throw CalDavFaults.From(answer);
            foreach (var member in Members(changes, calendar))
            {
                if (member.Status is 404 or 410)
                {
                    events.Remove(member.Path);
                }
                else
                {
                    events[member.Path] = member.Text(DavNames.GetEtag);
                }
            }

            if (!IsTruncated(changes, calendar))
            {
                return events;
            }

            token = changes.SyncToken is { } next && next != token ? next : throw CalDavFaults.InvalidResponse();
        }

        throw CalDavFaults.InvalidResponse();
    }

    private static bool IsUnsupported(HttpStatusCode status) =>
        status is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.MethodNotAllowed or HttpStatusCode.UnsupportedMediaType
            or HttpStatusCode.UnprocessableEntity or HttpStatusCode.InternalServerError or HttpStatusCode.NotImplemented or HttpStatusCode.InsufficientStorage;
}
