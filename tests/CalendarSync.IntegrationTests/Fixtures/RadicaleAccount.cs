using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>An account of the CalDAV server, used here as another client of the family would: plain HTTP, none of our own code.</summary>
/// <param name="Server">Where it lives.</param>
/// <param name="Client">Logged in.</param>
/// <param name="Email">The login.</param>
/// <param name="Password">In clear.</param>
/// <param name="StorageFolder">Where the server keeps the account's collections, for tests that spoil them.</param>
public sealed record RadicaleAccount(RadicaleServer Server, HttpClient Client, string Email, string Password, string StorageFolder)
    : IDisposable
{
    /// <summary>Makes a calendar. One whose name begins with "readonly" cannot be made or written by this account over HTTP.</summary>
    /// <returns>Its address, with the final slash.</returns>
    public async Task<Uri> CreateCalendarAsync(string name = "family", string displayName = "Family", string component = "VEVENT")
    {
        using var request = new HttpRequestMessage(new HttpMethod("MKCALENDAR"), CalendarUri(name))
        {
            Content = Xml(
                $"""
                <?xml version="1.0" encoding="utf-8"?>
                <C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
                  <set><prop>
                    <displayname>{WebUtility.HtmlEncode(displayName)}</displayname>
                    <C:supported-calendar-component-set><C:comp name="{component}"/></C:supported-calendar-component-set>
                  </prop></set>
                </C:mkcalendar>
                """),
        };
        await SendAsync(request);
        return CalendarUri(name);
    }

    /// <summary>Makes a calendar that this account may read and not write, holding the given files (name → iCalendar text).</summary>
    public async Task<Uri> CreateReadOnlyCalendarAsync(string displayName, IReadOnlyDictionary<string, string> events)
    {
        var name = "readonly-" + Guid.NewGuid().ToString("N");
        var folder = Directory.CreateDirectory(Path.Combine(StorageFolder, name)).FullName;
        foreach (var (file, text) in events)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, file), text);
        }

        // Radicale's own file; its presence makes the folder a collection.
        await File.WriteAllTextAsync(
            Path.Combine(folder, ".Radicale.props"),
            System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string>
            {
                ["tag"] = "VCALENDAR",
                ["D:displayname"] = displayName,
                ["C:supported-calendar-component-set"] = "VEVENT",
            }));
        return CalendarUri(name);
    }

    /// <summary>Creates or replaces an event.</summary>
    /// <returns>Its etag, with the quotes.</returns>
    public async Task<string> PutEventAsync(Uri calendar, string uid, string ical, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, EventUri(calendar, uid));
        request.Content = new StringContent(ical, Encoding.UTF8);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/calendar") { CharSet = "utf-8" };
        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(EntityTagHeaderValue.Parse(ifMatch));
        }

        using var response = await Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return response.Headers.ETag!.ToString();
    }

    /// <summary>Creates or replaces a timed event of one hour.</summary>
    /// <param name="calendar">The address of the calendar.</param>
    /// <param name="uid">Also the file name.</param>
    /// <param name="title">SUMMARY.</param>
    /// <param name="startUtc">DTSTART in the basic UTC form, such as <c>20260314T090000Z</c>.</param>
    /// <param name="endUtc">DTEND, of the same form.</param>
    /// <param name="more">Further lines of the VEVENT.</param>
    public Task<string> PutSimpleEventAsync(Uri calendar, string uid, string title, string startUtc, string endUtc, params string[] more) =>
        PutEventAsync(calendar, uid, Ical(uid, title, startUtc, endUtc, more));

    /// <summary>A calendar object with one timed event.</summary>
    public static string Ical(string uid, string title, string startUtc, string endUtc, params string[] more) => string.Join("\r\n",
    [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Another client//EN", "BEGIN:VEVENT", $"UID:{uid}", "DTSTAMP:20260101T000000Z",
        $"DTSTART:{startUtc}", $"DTEND:{endUtc}", $"SUMMARY:{title}", .. more, "END:VEVENT", "END:VCALENDAR", "",
    ]);

    /// <summary>The event as the server gives it; <c>null</c> when there is none.</summary>
    public async Task<string?> GetEventAsync(Uri calendar, string uid)
    {
        using var response = await Client.GetAsync(EventUri(calendar, uid));
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>The event as the server gives it, with its etag; <c>null</c> when there is none.</summary>
    public async Task<(string Text, string Etag)?> ReadEventAsync(Uri calendar, string uid)
    {
        using var response = await Client.GetAsync(EventUri(calendar, uid));
        return response.IsSuccessStatusCode ? (await response.Content.ReadAsStringAsync(), response.Headers.ETag!.ToString()) : null;
    }

    /// <summary>Deletes an event.</summary>
    public async Task DeleteEventAsync(Uri calendar, string uid, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, EventUri(calendar, uid));
        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(EntityTagHeaderValue.Parse(ifMatch));
        }

        await SendAsync(request);
    }

    /// <summary>Deletes a calendar with all its events.</summary>
    public async Task DeleteCalendarAsync(Uri calendar)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, calendar);
        await SendAsync(request);
    }

    /// <summary>The whole calendar as one iCalendar text, to see what is really there.</summary>
    public Task<string> ExportAsync(Uri calendar) => Client.GetStringAsync(calendar);

    /// <summary>The number of events in the calendar.</summary>
    public async Task<int> CountEventsAsync(Uri calendar) =>
        (await ExportAsync(calendar)).Split("BEGIN:VEVENT", StringSplitOptions.None).Length - 1;

    /// <inheritdoc/>
    public void Dispose() => Client.Dispose();

    private static Uri EventUri(Uri calendar, string uid) => new(calendar, Uri.EscapeDataString(uid) + ".ics");

    private static StringContent Xml(string text) => new(text, Encoding.UTF8, "application/xml");

    private Uri CalendarUri(string name) => new(Server.Url, $"{Uri.EscapeDataString(Email)}/{name}/");

    private async Task SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }
}
