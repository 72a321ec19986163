using CalendarSync.IntegrationTests.Conformance;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.CalDav;

public sealed class RadicaleConformanceTests(RadicaleServer radicale) : CalendarProviderConformance
{
    protected override async Task<ConformanceCalendar> CreateCalendarAsync()
    {
        var account = await radicale.CreateAccountAsync();
        var address = await account.CreateCalendarAsync();
        return new CalDavConformanceCalendar(
            new CalDavHost(),
            CalDavHost.Account(radicale.Url, account.Email, account.Password),
            address,
            account.Client,
            checksPasswords: true,
            "RRULE:FREQ=YEARLY;BYEASTER=0");
    }
}
