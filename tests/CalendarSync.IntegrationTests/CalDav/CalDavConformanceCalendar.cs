using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Conformance;
using CalendarSync.IntegrationTests.Fixtures.Faults;

namespace CalendarSync.IntegrationTests.CalDav;

/// <summary>A calendar on a real CalDAV server, edited from outside by plain HTTP; the provider may come through a proxy.</summary>
internal sealed class CalDavConformanceCalendar(
    CalDavHost host, ProviderAccount account, Uri address, HttpClient other, bool checksPasswords, string unreadableLine, FaultProxy? proxy = null)
    : ConformanceCalendar, IDisturbedCalendar
{
    public override ICalendarProvider Provider => host.Provider;

    public override ProviderAccount Account => account;

    public override string CalendarId { get; } = Uri.UnescapeDataString(address.AbsolutePath);

    public override bool ChecksPasswords => checksPasswords;

    public override int Requests => host.Requests;

    public override async Task<string> AddOutsideAsync(string title)
    {
        var name = $"{Guid.NewGuid():N}.ics";
        await PutAsync(name, Ical(name.Replace(".ics", "", StringComparison.Ordinal), title));
        return CalendarId + name;
    }

    public override Task EditOutsideAsync(string externalId, string title)
    {
        var name = externalId[CalendarId.Length..];
        return PutAsync(name, Ical(name.Replace(".ics", "", StringComparison.Ordinal), title));
    }

    public override async Task DeleteOutsideAsync(string externalId)
    {
        using var response = await other.DeleteAsync(new Uri(address, externalId[CalendarId.Length..]));
        response.EnsureSuccessStatusCode();
    }

    public override async Task<string?> ReadOutsideAsync(string externalId)
    {
        using var response = await other.GetAsync(new Uri(address, externalId[CalendarId.Length..]));
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Servers refuse what they cannot parse themselves, each something else; <c>unreadableLine</c> is one that this server takes.</summary>
    public override async Task<string> AddUnreadableAsync()
    {
        await PutAsync("unreadable.ics", Ical("unreadable", "Easter").Replace("SUMMARY", $"{unreadableLine}\r\nSUMMARY", StringComparison.Ordinal));
        return CalendarId + "unreadable.ics";
    }

    public override async Task DeleteCalendarAsync()
    {
        using var response = await other.DeleteAsync(address);
        response.EnsureSuccessStatusCode();
    }

    public override string Forget(string cursor)
    {
        var json = JsonNode.Parse(cursor)!;
        json["t"] = "http://radicale.org/ns/sync/" + new string('0', 64);
        return json.ToJsonString();
    }

    public void Disturb(Dice dice) => CalDavDisturbance.Add(proxy!, dice, CalendarId);

    public void Heal() => proxy!.Heal();

    public override async ValueTask DisposeAsync()
    {
        if (proxy is not null)
        {
            await proxy.DisposeAsync();
        }

        other.Dispose();
        await host.DisposeAsync();
    }

    private async Task PutAsync(string name, string text)
    {
        using var content = new StringContent(text, Encoding.UTF8, "text/calendar");
        using var response = await other.PutAsync(new Uri(address, name), content);
        response.EnsureSuccessStatusCode();
    }

    private static string Ical(string uid, string title) => string.Join("\r\n",
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Another client//EN", "BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD",
        "DTSTART:19961027T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "BEGIN:DAYLIGHT",
        "DTSTART:19970330T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT", "END:VTIMEZONE",
        "BEGIN:VEVENT", $"UID:{uid}", "DTSTAMP:20260101T000000Z", "DTSTART;TZID=Europe/Berlin:20260314T100000", "DTEND;TZID=Europe/Berlin:20260314T110000",
        $"SUMMARY:{title}", "X-OTHER-CLIENT;X-P=\"a;b\":kept", "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Soon", "TRIGGER:-PT15M", "END:VALARM",
        "END:VEVENT", "END:VCALENDAR", "");
}
