using System.Net;
using CalendarSync.Core.Providers.CalDav.ICalendar;
using CalendarSync.Core.Providers.CalDav.Wire;
using Microsoft.Extensions.Options;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Reads events by their paths: many in one request, and one by one what that request does not give.</summary>
internal sealed class CalDavReader(CalDavClient client, IOptions<AppleOptions> options)
{
    // Pictures travel inside of some events; beyond this nobody's calendar means it.
    private const int MaxEventLength = 4 * 1024 * 1024;

    /// <summary>Reads resources.</summary>
    /// <param name="session">The account.</param>
    /// <param name="calendar">The calendar that they are in.</param>
    /// <param name="paths">Canonical.</param>
    /// <param name="expectMissing">Something else said already that they are gone; a 404 inside a multiget is then enough.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>For each path the change, or <c>null</c> where the server says 404 or 410. Resources that are no events are left out.</returns>
    /// <exception cref="ProviderException">The server could not be asked.</exception>
    public async Task<Dictionary<string, RemoteChange?>> ReadAsync(
        CalDavSession session, Uri calendar, IEnumerable<string> paths, bool expectMissing, CancellationToken cancellationToken)
    {
        var results = new Dictionary<string, RemoteChange?>();
        foreach (var batch in paths.Chunk(options.Value.MultigetBatch))
        {
            await ReadBatchAsync(session, calendar, batch, expectMissing, results, cancellationToken).ConfigureAwait(false);
        }

        return results;
    }

    /// <summary>What a payload says about the event at a path; <c>null</c> when it is no event.</summary>
    public static RemoteChange? Interpret(string path, string? etag, string text)
    {
        if (text.Length > MaxEventLength)
        {
            return TooLarge(path, etag);
        }

        var payload = ICalendarDocument.Normalise(text);
        return ICalendarReader.Read(payload) switch
        {
            ICalendarReading.Event e => new RemoteChange.Present(path, e.Uid.Length > 0 ? e.Uid : FileName(path), etag, payload, e.Aggregate)
            {
                LastModified = e.LastModified,
                WrittenFor = e.WrittenFor,
            },
            ICalendarReading.Unreadable bad => new RemoteChange.Unreadable(path, etag, "unreadable_event", bad.Reason),
            _ => null,
        };
    }

    private async Task ReadBatchAsync(
        CalDavSession session, Uri calendar, string[] paths, bool expectMissing, Dictionary<string, RemoteChange?> results, CancellationToken cancellationToken)
    {
        var answer = await MultigetAsync(session, calendar, paths, cancellationToken).ConfigureAwait(false);
        if (answer is null && paths.Length == 1)
        {
            await ReadOneAsync(session, calendar, paths[0], results, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (answer is null)
        {
            // One resource in it cannot be sent in XML, or makes it too long: halves find out which, and the others arrive.
            await ReadBatchAsync(session, calendar, paths[..(paths.Length / 2)], expectMissing, results, cancellationToken).ConfigureAwait(false);
            await ReadBatchAsync(session, calendar, paths[(paths.Length / 2)..], expectMissing, results, cancellationToken).ConfigureAwait(false);
            return;
        }

        var wanted = paths.ToHashSet();
        foreach (var resource in answer.Responses)
        {
            if (resource.Properties.TryGetValue(DavNames.CalendarData, out var data) && wanted.Remove(resource.Path))
            {
                if (Interpret(resource.Path, resource.Text(DavNames.GetEtag), data.Value) is { } change)
                {
                    results[resource.Path] = change;
                }
            }
            else if (expectMissing && resource.Status is (404 or 410) && wanted.Remove(resource.Path))
            {
                results[resource.Path] = null;
            }
        }

        // Not there, though just listed: iCloud has answered 404 inside a multiget for an event that exists (scenario 19), and with empty
        // hrefs. Each is asked for by itself before anything is believed.
        foreach (var path in wanted)
        {
            await ReadOneAsync(session, calendar, path, results, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<MultiStatus?> MultigetAsync(CalDavSession session, Uri calendar, string[] paths, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await client.SendAsync(session, DavRequest.Report(calendar, 1, DavBodies.Multiget(paths.Select(DavPath.Encode))), cancellationToken).ConfigureAwait(false);
            return answer.MultiStatus ?? answer.Status switch
            {
                // The report is not known, or one member spoils it.
                HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Conflict
                    or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity or HttpStatusCode.NotImplemented
                    or HttpStatusCode.InternalServerError or HttpStatusCode.InsufficientStorage => null,
                _ => throw CalDavFaults.From(answer),
            };
        }
        catch (ProviderException e) when (e.Code is "response_too_large" or "invalid_response")
        {
            return null;
        }
    }

    private async Task ReadOneAsync(CalDavSession session, Uri calendar, string path, Dictionary<string, RemoteChange?> results, CancellationToken cancellationToken)
    {
        DavAnswer answer;
        try
        {
            answer = await client.SendAsync(session, new DavRequest(HttpMethod.Get, DavPath.On(calendar, path)), cancellationToken).ConfigureAwait(false);
        }
        catch (ProviderException e) when (e.Code == "response_too_large")
        {
            results[path] = TooLarge(path, null);
            return;
        }

        if (answer is { IsSuccess: true, Body: { } body })
        {
            if (Interpret(path, answer.Etag, body) is { } change)
            {
                results[path] = change;
            }
        }
        else if (answer.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            results[path] = null;
        }
        else if (answer.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
        {
            throw CalDavFaults.From(answer);
        }
        else
        {
            results[path] = new RemoteChange.Unreadable(path, null, "not_served", "The calendar lists this event but does not hand it out.");
        }
    }

    private static RemoteChange.Unreadable TooLarge(string path, string? etag) => new(path, etag, "too_large", "The event is larger than can be taken in.");

    private static string FileName(string path) => Path.GetFileNameWithoutExtension(DavPath.LastSegment(path));
}
