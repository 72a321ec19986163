using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Options;

namespace CalendarSync.Worker.Demo;

/// <summary>Fills the calendar "Family" of the demo account at a CalDAV server.</summary>
internal sealed class DemoCalendar(HttpClient http, IOptions<DemoOptions> options, TimeProvider clock)
{
    private const int Attempts = 5;

    private static readonly HttpMethod MkCalendar = new("MKCALENDAR");

    // RFC 4791, section 5.3.1.
    private const string Request =
        """
        <?xml version="1.0" encoding="utf-8"?>
        <C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/">
          <D:set><D:prop>
            <D:displayname>Family</D:displayname>
            <A:calendar-color>#2E7D6BFF</A:calendar-color>
            <C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>
          </D:prop></D:set>
        </C:mkcalendar>
        """;

    /// <summary>Whether a server is configured at all.</summary>
    public bool IsConfigured => options.Value.CalDavUrl is not null;

    /// <summary>Makes the calendar.</summary>
    /// <returns><c>false</c> where it exists.</returns>
    public async Task<bool> CreateAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(MkCalendar, "", "application/xml", Request, cancellationToken);

        // RFC 4791, section 5.3.1.1: 405 or 409 (CALDAV:calendar-collection-location-ok, DAV:resource-must-be-null) when it is there.
        return response.StatusCode is not (HttpStatusCode.MethodNotAllowed or HttpStatusCode.Conflict)
            && response.EnsureSuccessStatusCode() is not null;
    }

    /// <summary>Writes events that are not there yet; one that is, edited or not, stays as it is.</summary>
    /// <returns>How many were written.</returns>
    public async Task<int> FillAsync(IReadOnlyList<DemoResource> resources, CancellationToken cancellationToken)
    {
        var written = 0;
        foreach (var resource in resources)
        {
            using var response = await SendAsync(HttpMethod.Put, resource.Name, "text/calendar", resource.Text, cancellationToken);
            if (response.StatusCode != HttpStatusCode.PreconditionFailed)
            {
                response.EnsureSuccessStatusCode();
                written++;
            }
        }

        return written;
    }

    /// <remarks>
    /// A lost answer is asked for again, which no other write of ours may do: here the condition of each request makes the second one
    /// harmless. Radicale's own server drops a connection now and then.
    /// </remarks>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string name, string mediaType, string body, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = CreateRequest(method, name);
            request.Content = new StringContent(body, Encoding.UTF8, mediaType);
            try
            {
                return await http.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException) when (attempt < Attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt), clock, cancellationToken);
            }
        }
    }

    private HttpRequestMessage CreateRequest(HttpMethod method, string name)
    {
        var demo = options.Value;
        var root = demo.CalDavUrl!.AbsoluteUri.TrimEnd('/');
        var request = new HttpRequestMessage(method, $"{root}/{Uri.EscapeDataString(demo.CalDavUser)}/family/{name}");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{demo.CalDavUser}:{demo.CalDavPassword}")));
        if (method == HttpMethod.Put)
        {
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        }

        return request;
    }
}
