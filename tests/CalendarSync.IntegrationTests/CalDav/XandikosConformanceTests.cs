using CalendarSync.IntegrationTests.Conformance;

namespace CalendarSync.IntegrationTests.CalDav;

public sealed class XandikosConformanceTests(XandikosServer xandikos) : CalendarProviderConformance
{
    protected override async Task<ConformanceCalendar> CreateCalendarAsync()
    {
        var other = new HttpClient();
        var address = await xandikos.CreateCalendarAsync(other);
        return new CalDavConformanceCalendar(new CalDavHost(), CalDavHost.Account(xandikos.Url), address, other, checksPasswords: false, "RECURRENCE-ID;VALUE=DATE:20260231");
    }
}
