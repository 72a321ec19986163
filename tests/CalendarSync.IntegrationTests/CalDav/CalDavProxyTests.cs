using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;
using CalendarSync.IntegrationTests.Fixtures.Faults;
using NodaTime;

namespace CalendarSync.IntegrationTests.CalDav;

/// <summary>Habits of servers, put on a real one. The account's path holds an "@", as iCloud's may.</summary>
public sealed class CalDavProxyTests(RadicaleServer radicale) : IAsyncLifetime
{
    private readonly CalDavHost _host = new();
    private RadicaleAccount _radicale = null!;
    private Uri _calendar = null!;
    private FaultProxy _proxy = null!;
    private ProviderAccount _account = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string CalendarId => Uri.UnescapeDataString(_calendar.AbsolutePath);

    public async ValueTask InitializeAsync()
    {
        _radicale = await radicale.CreateAccountAsync();
        _calendar = await _radicale.CreateCalendarAsync();
        _proxy = await FaultProxy.StartAsync(radicale.Url);
        _account = CalDavHost.Account(_proxy.Url, _radicale.Email, _radicale.Password);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _proxy.DisposeAsync();
        _radicale.Dispose();
    }

    [Fact]
    public async Task A_home_on_another_host_is_gone_to_and_remembered_in_the_cursor()
    {
        await using var partition = await FaultProxy.StartAsync(radicale.Url);
        _proxy.On("PROPFIND", body: "calendar-home-set").Do(DavFault.HomeOn(partition.Url));

        var calendars = await _host.Provider.ListCalendarsAsync(_account, Cancellation);
        var pages = await PullAsync(null);
        var before = _proxy.Requests.Count;
        await PullAsync(pages[^1].NextCursor);

        Assert.Equal([CalendarId], calendars.Select(c => c.Id));
        Assert.Equal(before, _proxy.Requests.Count);
        Assert.NotEmpty(partition.Requests);
        Assert.All(partition.Requests, r => Assert.StartsWith("Basic ", r.Header("Authorization")));
    }

    // 2: "@" against "%40", absolute against relative: the ids are the same.
    [Fact]
    public async Task Hrefs_in_another_spelling_name_the_same_events()
    {
        await _radicale.PutSimpleEventAsync(_calendar, "one", "One", "20300501T100000Z", "20300501T110000Z");
        var plain = await PullAsync(null);
        _proxy.On().Do(DavFault.AbsoluteHrefs(_proxy.Url));

        var spelled = await PullAsync(null, Known(plain));

        Assert.Equal(Known(plain).Keys, spelled.SelectMany(p => p.Unchanged));
        Assert.Empty(spelled.SelectMany(p => p.Changes));
        Assert.Equal([CalendarId], (await _host.Provider.ListCalendarsAsync(_account, Cancellation)).Select(c => c.Id));
    }

    [Fact]
    public async Task An_edit_between_the_token_and_the_end_of_the_listing_comes_with_the_next_pull()
    {
        await _radicale.PutSimpleEventAsync(_calendar, "one", "One", "20300501T100000Z", "20300501T110000Z");
        _proxy.On("REPORT", body: "calendar-query").Once().Do(async (_, forward, _) =>
        {
            var listing = await forward();
            await _radicale.PutSimpleEventAsync(_calendar, "two", "Two", "20300502T100000Z", "20300502T110000Z");
            return listing;
        });
        var first = await PullAsync(null);

        var second = await PullAsync(first[^1].NextCursor, Known(first));

        Assert.Equal(["One"], Titles(first));
        Assert.Equal(["Two"], Titles(second));
    }

    [Fact]
    public async Task A_write_that_is_answered_without_an_etag_gets_it_by_reading()
    {
        _proxy.On("PUT").Do(DavFault.WithoutEtagHeader);
        var create = new WriteOperation.Create(new EventIdentity(new RowanEventId(Guid.NewGuid()), 0), new CalendarEvent(new EventContent(
            "Dinner", null, null, new EventTime.AllDay(new LocalDate(2030, 5, 1)), new EventTime.AllDay(new LocalDate(2030, 5, 2)))));

        var stored = Assert.IsType<WriteResult.Stored>(Assert.Single(await _host.Provider.PushAsync(_account, CalendarId, [create], Cancellation)));

        Assert.Equal(Known(await PullAsync(null))[stored.Version.ExternalId], stored.Version.Etag);
        Assert.NotNull(stored.Version.Etag);
    }

    [Fact]
    public async Task Every_request_says_who_asks_and_asks_for_no_compression()
    {
        await _host.Provider.ListCalendarsAsync(_account, Cancellation);
        await PullAsync(null);

        Assert.NotEmpty(_proxy.Requests);
        Assert.All(_proxy.Requests, r => Assert.Equal(("CalendarSync/1.0", ""), (r.Header("User-Agent"), r.Header("Accept-Encoding"))));
    }

    private static string[] Titles(IEnumerable<ChangePage> pages) => [.. pages.SelectMany(p => p.Changes).Cast<RemoteChange.Present>().Select(p => p.Event.Content.Title)];

    private static Dictionary<string, string?> Known(IEnumerable<ChangePage> pages) =>
        pages.SelectMany(p => p.Changes).OfType<RemoteChange.Present>().ToDictionary(p => p.ExternalId, p => p.Etag);

    private async Task<List<ChangePage>> PullAsync(string? cursor, Dictionary<string, string?>? known = null) => await _host.Provider.PullAsync(
        _account,
        new PullRequest(CalendarId, cursor, _ => ValueTask.FromResult<IReadOnlyDictionary<string, string?>>(known ?? []), DateTimeZone.Utc),
        Cancellation).ToListAsync(Cancellation);
}
