using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace CalendarSync.EndToEndTests.Topology;

/// <summary>Both ends of a running system: the API as Amara, and her calendar as her phone sees it.</summary>
internal sealed class RunningSystem : IDisposable
{
    // An edit is meant to travel in about a second; a loaded machine gets more before the test gives up.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private RunningSystem(HttpClient api, HttpClient calendar, Uri web, Guid space, Guid connection)
    {
        Api = api;
        Calendar = calendar;
        Web = web;
        Space = space;
        Connection = connection;
    }

    public HttpClient Api { get; }

    public HttpClient Calendar { get; }

    public Uri Web { get; }

    public Guid Space { get; }

    public Guid Connection { get; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<RunningSystem> ConnectAsync(HttpClient api, HttpClient calendar, Uri web)
    {
        var session = await ReadAsync(await api.PostAsJsonAsync("/dev/token", new { email = "amara@example.com" }, Cancelled));
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", session.GetProperty("access_token").GetString());
        var space = session.GetProperty("spaces")[0].GetProperty("id").GetGuid();
        var connected = await ReadAsync(await api.PostAsJsonAsync(
            "/api/calendar/connect/apple",
            new { email = "amara@example.com", app_specific_password = "demo-pass-word-demo", space_id = space },
            Cancelled));
        return new RunningSystem(api, calendar, web, space, connected.GetProperty("connection_id").GetGuid());
    }

    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        return await ReadAsync(await Api.SendAsync(request, Cancelled));
    }

    public Task<JsonElement> CreateEventAsync(string title, DateTimeOffset start) => SendAsync(
        HttpMethod.Post,
        "/api/calendar",
        new { space_id = Space, title, start_time = start, end_time = start.AddHours(1), timezone = "America/New_York" });

    /// <summary>Rowan's events of the space with this title.</summary>
    public async Task<IReadOnlyList<JsonElement>> EventsAsync(string title)
    {
        var answer = await SendAsync(HttpMethod.Get, $"/api/calendar?space_id={Space}");
        return [.. answer.GetProperty("data").EnumerateArray().Where(@event => @event.GetProperty("title").GetString() == title)];
    }

    public Task<IReadOnlyList<JsonElement>> EventsBecomeAsync(string title, int count) => Eventually.BecomesAsync(
        () => EventsAsync(title), events => events.Count == count, Patience, $"Rowan holds {count} of '{title}'");

    /// <summary>The resources of the calendar whose text contains this.</summary>
    public async Task<IReadOnlyList<CalendarResource>> ResourcesAsync(string text)
    {
        using var request = new HttpRequestMessage(new HttpMethod("REPORT"), "")
        {
            Content = new StringContent(
                """
                <C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
                  <D:prop><D:getetag/><C:calendar-data/></D:prop>
                  <C:filter><C:comp-filter name="VCALENDAR"/></C:filter>
                </C:calendar-query>
                """,
                new MediaTypeHeaderValue("application/xml")),
            Headers = { { "Depth", "1" } },
        };
        using var response = await Calendar.SendAsync(request, Cancelled);
        Assert.Equal(HttpStatusCode.MultiStatus, response.StatusCode);
        return [.. CalendarResource.Parse(await response.Content.ReadAsStringAsync(Cancelled)).Where(resource => resource.Text.Contains(text, StringComparison.Ordinal))];
    }

    public Task<IReadOnlyList<CalendarResource>> ResourcesBecomeAsync(string text, int count) => Eventually.BecomesAsync(
        () => ResourcesAsync(text), resources => resources.Count == count, Patience, $"the calendar holds {count} of '{text}'");

    /// <remarks>
    /// Radicale's own server now and then drops a connection without an answer. The write is conditional, so it can be repeated; a condition that fails
    /// only then says that the first one had arrived.
    /// </remarks>
    public async Task PutAsync(string href, string text, string? etag)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, href) { Content = new StringContent(text, new MediaTypeHeaderValue("text/calendar")) };
            request.Headers.TryAddWithoutValidation(etag is null ? "If-None-Match" : "If-Match", etag ?? "*");
            try
            {
                using var response = await Calendar.SendAsync(request, Cancelled);
                var isDone = response.IsSuccessStatusCode || (attempt > 1 && response.StatusCode == HttpStatusCode.PreconditionFailed);
                Assert.True(isDone, $"PUT answered {response.StatusCode}");
                return;
            }
            catch (HttpRequestException) when (attempt < 5)
            {
                // Asked again, see above.
            }
        }
    }

    public async Task DeleteAsync(CalendarResource resource)
    {
        using var response = await Calendar.DeleteAsync(new Uri(resource.Href, UriKind.RelativeOrAbsolute), Cancelled);
        Assert.True(response.IsSuccessStatusCode, $"DELETE answered {response.StatusCode}");
    }

    /// <summary>What the button in the page does; the phone's calendar sends no word of its own.</summary>
    public Task<JsonElement> SyncAsync() => SendAsync(HttpMethod.Post, "/api/calendar/sync", new { connection_id = Connection });

    public void Dispose()
    {
        Api.Dispose();
        Calendar.Dispose();
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(Cancelled);
            Assert.True(response.IsSuccessStatusCode, $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri} answered {response.StatusCode}: {text}");
            return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
        }
    }
}
