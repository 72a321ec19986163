using System.Text;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Providers.CalDav;
using CalendarSync.Core.Providers.CalDav.Wire;

namespace CalendarSync.UnitTests.CalDav;

public sealed class CalendarListingTests
{
    private static readonly Uri Home = new("https://p42-caldav.icloud.com/1/calendars/");

    [Fact]
    public async Task The_home_of_icloud_gives_its_event_calendars_and_nothing_else()
    {
        var calendars = await ReadAsync(
            """
            <multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/">
              <response><href>/1/calendars/</href><propstat><prop><resourcetype><collection/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response>
              <response><href>/1/calendars/inbox/</href><propstat><prop><resourcetype><collection/><C:schedule-inbox/></resourcetype>
                <C:schedule-default-calendar-URL><href>/1/calendars/work/</href></C:schedule-default-calendar-URL></prop><status>HTTP/1.1 200 OK</status></propstat></response>
              <response><href>/1/calendars/home/</href>
                <propstat><prop>
                  <resourcetype><collection/><C:calendar/></resourcetype><displayname>Home</displayname>
                  <A:calendar-color symbolic-color="red">#ff2968FF</A:calendar-color><CS:getctag>FT=1</CS:getctag><sync-token>t1</sync-token>
                  <C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>
                  <current-user-privilege-set><privilege><read/></privilege><privilege><write/></privilege></current-user-privilege-set>
                  <C:calendar-timezone>BEGIN:VCALENDAR&#13;
            BEGIN:VTIMEZONE&#13;
            TZID:Europe/Berlin&#13;
            END:VTIMEZONE&#13;
            END:VCALENDAR&#13;
            </C:calendar-timezone>
                </prop><status>HTTP/1.1 200 OK</status></propstat>
              </response>
              <response><href>/1/calendars/work/</href><propstat><prop><resourcetype><collection/><C:calendar/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat>
                <propstat><prop><displayname/></prop><status>HTTP/1.1 404 Not Found</status></propstat></response>
              <response><href>/1/calendars/shared/</href><propstat><prop><resourcetype><collection/><C:calendar/></resourcetype><displayname>School</displayname>
                <current-user-privilege-set><privilege><read/></privilege><privilege><read-current-user-privilege-set/></privilege></current-user-privilege-set></prop><status>HTTP/1.1 200 OK</status></propstat></response>
              <response><href>/1/calendars/tasks/</href><propstat><prop><resourcetype><collection/><C:calendar/></resourcetype><displayname>Reminders</displayname>
                <C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set></prop><status>HTTP/1.1 200 OK</status></propstat></response>
              <response><href>/1/calendars/feed/</href><propstat><prop><resourcetype><collection/><CS:subscribed/></resourcetype><displayname>Holidays</displayname></prop><status>HTTP/1.1 200 OK</status></propstat></response>
            </multistatus>
            """);

        Assert.Equal(
            [
                new RemoteCalendar("/1/calendars/home/", "Home", "#FF2968", "Europe/Berlin", Ctag: "FT=1", SyncToken: "t1"),
                new RemoteCalendar("/1/calendars/work/", "work", Primary: true),
                new RemoteCalendar("/1/calendars/shared/", "School", ReadOnly: true),
            ],
            calendars);
    }

    [Fact]
    public async Task A_calendar_in_the_trash_of_nextcloud_is_no_calendar() => Assert.Empty(await ReadAsync(
        """
        <multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:N="http://nextcloud.com/ns"><response><href>/c/</href><propstat><prop>
        <resourcetype><collection/><C:calendar/><N:deleted-calendar/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>
        """));

    [Theory]
    [InlineData("#ff2968FF", "#FF2968")]
    [InlineData("#FF2968", "#FF2968")]
    [InlineData("#abc", "#AABBCC")]
    [InlineData("ff2968", "#FF2968")]
    [InlineData("red", null)]
    [InlineData("#12345", null)]
    [InlineData("#GG2968", null)]
    [InlineData(null, null)]
    public void Colours_are_six_digits_without_their_alpha(string? written, string? read) => Assert.Equal(read, CalendarListing.Color(written));

    private static async Task<IEnumerable<RemoteCalendar>> ReadAsync(string xml)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(xml));
        var answer = await MultiStatusParser.ReadAsync(stream, Home, long.MaxValue, TestContext.Current.CancellationToken);
        return CalendarListing.Read(answer.Responses, Home, 2026);
    }
}
