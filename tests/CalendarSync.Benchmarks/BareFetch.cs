using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace CalendarSync.Benchmarks;

/// <summary>
/// The requests of a pass and nothing else: bodies are read and dropped. What a pass takes beyond this is ours; what this takes is the
/// server's.
/// </summary>
internal sealed partial class BareFetch(CalendarSource calendar)
{
    // As many as the engine asks for in one request.
    private const int Batch = 50;

    private string _token = "";

    public async Task ImportAsync()
    {
        await ReadTokenAsync();
        var listing = await SendAsync("REPORT", "1", """
            <C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><getetag/></prop>
            <C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter></C:calendar-query>
            """);
        await FetchAsync(listing);
    }

    public async Task PassAsync()
    {
        var changes = await SendAsync("REPORT", "0", $"""
            <sync-collection xmlns="DAV:"><sync-token>{_token}</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>
            """);
        _token = Token().Match(changes).Groups[1].Value;
        await FetchAsync(changes);
    }

    private async Task ReadTokenAsync()
    {
        var state = await SendAsync("PROPFIND", "0", """<propfind xmlns="DAV:"><prop><resourcetype/><sync-token/></prop></propfind>""");
        _token = Token().Match(state).Groups[1].Value;
    }

    private async Task FetchAsync(string listing)
    {
        foreach (var batch in Event().Matches(listing).Select(match => match.Groups[1].Value).Chunk(Batch))
        {
            await SendAsync("REPORT", "1", $"""
                <C:calendar-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><getetag/><C:calendar-data/></prop>
                {string.Concat(batch.Select(href => $"<href>{href}</href>"))}</C:calendar-multiget>
                """);
        }
    }

    private async Task<string> SendAsync(string method, string depth, string body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), calendar.Address);
        request.Headers.Add("Depth", depth);
        request.Content = new StringContent(body, Encoding.UTF8, "application/xml");
        using var response = await calendar.Client.SendAsync(request);
        return response.StatusCode == HttpStatusCode.MultiStatus
            ? await response.Content.ReadAsStringAsync()
            : throw new InvalidOperationException($"{method} was answered with {(int)response.StatusCode}.");
    }

    [GeneratedRegex(@"sync-token>([^<]+)<")]
    private static partial Regex Token();

    [GeneratedRegex(@"href>([^<]+\.ics)<")]
    private static partial Regex Event();
}
