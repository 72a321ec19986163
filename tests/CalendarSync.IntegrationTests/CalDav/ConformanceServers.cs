using CalendarSync.IntegrationTests.Fixtures;
using CalendarSync.IntegrationTests.Fixtures.Faults;

namespace CalendarSync.IntegrationTests.CalDav;

/// <summary>Calendars on the real servers, for the conformance suites.</summary>
internal static class ConformanceServers
{
    public static async Task<CalDavConformanceCalendar> OnAsync(RadicaleServer radicale, bool throughProxy)
    {
        var account = await radicale.CreateAccountAsync();
        var address = await account.CreateCalendarAsync();
        var proxy = throughProxy ? await FaultProxy.StartAsync(radicale.Url) : null;
        return new CalDavConformanceCalendar(
            Host(), CalDavHost.Account(proxy?.Url ?? radicale.Url, account.Email, account.Password), address, account.Client, checksPasswords: true, "RRULE:FREQ=YEARLY;BYEASTER=0", proxy);
    }

    public static async Task<CalDavConformanceCalendar> OnAsync(XandikosServer xandikos, bool throughProxy)
    {
        var other = new HttpClient();
        var address = await xandikos.CreateCalendarAsync(other);
        var proxy = throughProxy ? await FaultProxy.StartAsync(xandikos.Url) : null;
        return new CalDavConformanceCalendar(
            Host(), CalDavHost.Account(proxy?.Url ?? xandikos.Url), address, other, checksPasswords: false, "RECURRENCE-ID;VALUE=DATE:20260231", proxy);
    }

    // Small batches, so that a handful of events is several requests at the same time.
    private static CalDavHost Host() => new(options => options.MultigetBatch = 4);
}
