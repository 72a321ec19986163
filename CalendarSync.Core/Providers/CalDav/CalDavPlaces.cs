using System.Net;
using CalendarSync.Core.Providers.CalDav.Wire;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Asks a calendar wherever it is now. iCloud moves accounts between partitions; the wrong one answers 403 or 404.</summary>
internal sealed class CalDavPlaces(CalDavClient client, CalDavHomes homes)
{
    /// <summary>The address of a calendar.</summary>
    public async Task<Uri> LocateAsync(CalDavSession session, string calendarId, CancellationToken cancellationToken) =>
        (await homes.GetAsync(session, cancellationToken).ConfigureAwait(false)).AddressOf(calendarId);

    /// <summary>Sends the first request of a call, and once more to another host if the calendar turns out to have moved there.</summary>
    /// <param name="session">The account.</param>
    /// <param name="calendarId">The calendar.</param>
    /// <param name="remembered">Where it was; <c>null</c> when that is not known.</param>
    /// <param name="request">Made for the address.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<(Uri Calendar, DavAnswer Answer)> AskAsync(
        CalDavSession session, string calendarId, Uri? remembered, Func<Uri, DavRequest> request, CancellationToken cancellationToken)
    {
        var calendar = remembered is not null && session.MaySendTo(remembered)
            ? DavPath.On(remembered, calendarId)
            : await LocateAsync(session, calendarId, cancellationToken).ConfigureAwait(false);
        var answer = await TryAsync(session, request(calendar), cancellationToken).ConfigureAwait(false);
        if (answer is not null && !LooksMoved(answer))
        {
            return (calendar, answer);
        }

        var now = (await homes.RefreshAsync(session, cancellationToken).ConfigureAwait(false)).AddressOf(calendarId);
        return answer is not null && now.Authority == calendar.Authority
            ? (calendar, answer)
            : (now, await client.SendAsync(session, request(now), cancellationToken).ConfigureAwait(false));
    }

    private async Task<DavAnswer?> TryAsync(CalDavSession session, DavRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await client.SendAsync(session, request, cancellationToken).ConfigureAwait(false);
        }
        catch (ProviderException e) when (e.Code == "server_unreachable")
        {
            // The host may be gone with the partition. If it is not, looking for the home meets the same fault.
            return null;
        }
    }

    private static bool LooksMoved(DavAnswer answer) =>
        answer.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.MisdirectedRequest && answer.Conditions.IsEmpty;
}
