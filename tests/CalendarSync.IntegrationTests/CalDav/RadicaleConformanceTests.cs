using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Conformance;
using CalendarSync.IntegrationTests.Fixtures;
using NodaTime;

namespace CalendarSync.IntegrationTests.CalDav;

public sealed class RadicaleConformanceTests(RadicaleServer radicale) : CalendarProviderConformance
{
    protected override async Task<ConformanceCalendar> CreateCalendarAsync() => await ConformanceServers.OnAsync(radicale, throughProxy: false);

    // Radicale closes after each answer. One write in seven met the end of a connection that the client had kept.
    [Fact]
    public async Task A_hundred_writes_in_a_row_all_arrive()
    {
        await using var calendar = await CreateCalendarAsync();
        var start = new EventTime.AllDay(new LocalDate(2026, 3, 14));
        var content = new EventContent("Event", null, null, start, new EventTime.AllDay(start.Date.PlusDays(1)));
        WriteOperation[] creates =
        [
            .. Enumerable.Range(0, 100).Select(_ => new WriteOperation.Create(new EventIdentity(new RowanEventId(Guid.NewGuid()), 0), new CalendarEvent(content))),
        ];

        var results = await calendar.Provider.PushAsync(calendar.Account, calendar.CalendarId, creates, TestContext.Current.CancellationToken);

        Assert.All(results, r => Assert.False(Assert.IsType<WriteResult.Stored>(r).Adopted));
        Assert.Equal(100, (await PullResult.OfAsync(calendar)).Present.Count);
    }
}

public sealed class RadicaleThroughProxyConformanceTests(RadicaleServer radicale) : CalendarProviderConformance
{
    protected override async Task<ConformanceCalendar> CreateCalendarAsync() => await ConformanceServers.OnAsync(radicale, throughProxy: true);
}

public sealed class RadicaleFaultConformanceTests(RadicaleServer radicale) : CalendarProviderFaultConformance
{
    protected override async Task<ConformanceCalendar> CreateCalendarAsync() => await ConformanceServers.OnAsync(radicale, throughProxy: true);
}
