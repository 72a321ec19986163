using CalendarSync.IntegrationTests.Conformance;

namespace CalendarSync.IntegrationTests.CalDav;

public sealed class XandikosConformanceTests(XandikosServer xandikos) : CalendarProviderConformance
{
    protected override async Task<ConformanceCalendar> CreateCalendarAsync() => await ConformanceServers.OnAsync(xandikos, throughProxy: false);
}

public sealed class XandikosThroughProxyConformanceTests(XandikosServer xandikos) : CalendarProviderConformance
{
    protected override async Task<ConformanceCalendar> CreateCalendarAsync() => await ConformanceServers.OnAsync(xandikos, throughProxy: true);
}

public sealed class XandikosFaultConformanceTests(XandikosServer xandikos) : CalendarProviderFaultConformance
{
    protected override async Task<ConformanceCalendar> CreateCalendarAsync() => await ConformanceServers.OnAsync(xandikos, throughProxy: true);
}
