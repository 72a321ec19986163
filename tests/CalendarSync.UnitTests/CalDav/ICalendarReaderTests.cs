using CalendarSync.Core.Model;
using CalendarSync.Core.Providers.CalDav.ICalendar;
using NodaTime;

namespace CalendarSync.UnitTests.CalDav;

public sealed class ICalendarReaderTests
{
    [Fact]
    public void Escaped_folded_and_foreign_text_is_read_as_people_wrote_it()
    {
        var content = Ics.Content(Ics.Event(
            "DTSTART:20260314T090000Z", "DTEND:20260314T100000Z", "SUMMARY;LANGUAGE=de:Übung\\, mit 🥕\\; und \\\\n", "DESCRIPTION:line one\\nli", " ne two\\N", "\t three",
            "LOCATION:", "COLOR:red"));

        Assert.Equal(("Übung, mit 🥕; und \\n", "line one\nline two\n three", null, null), (content.Title, content.Description, content.Location, content.Color));
    }

    public static TheoryData<string[], EventTime, EventTime> Times => new()
    {
        { ["DTSTART;TZID=Europe/Berlin:20260329T093000", "DTEND;TZID=Europe/Berlin:20260329T100000"], Ics.Zoned("2026-03-29T09:30:00", "Europe/Berlin"), Ics.Zoned("2026-03-29T10:00:00", "Europe/Berlin") },
        { ["DTSTART:20260329T093000Z", "DTEND:20260329T100000Z"], Ics.Zoned("2026-03-29T09:30:00", "UTC"), Ics.Zoned("2026-03-29T10:00:00", "UTC") },
        { ["DTSTART:20260329T093000", "DTEND:20260329T100000"], Ics.Floating("2026-03-29T09:30:00"), Ics.Floating("2026-03-29T10:00:00") },
        { ["DTSTART;VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260331"], Ics.Day(2026, 3, 29), Ics.Day(2026, 3, 31) },
        { ["DTSTART:20260329", "DTEND:20260331"], Ics.Day(2026, 3, 29), Ics.Day(2026, 3, 31) },
        { ["DTSTART;VALUE=DATE:20260329"], Ics.Day(2026, 3, 29), Ics.Day(2026, 3, 30) },
        { ["DTSTART;VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260329"], Ics.Day(2026, 3, 29), Ics.Day(2026, 3, 30) },
        { ["DTSTART;VALUE=DATE;TZID=Europe/Berlin:20260329"], Ics.Day(2026, 3, 29), Ics.Day(2026, 3, 30) },
        { ["DTSTART;VALUE=DATE:20260329", "DURATION:P3D"], Ics.Day(2026, 3, 29), Ics.Day(2026, 4, 1) },
        { ["DTSTART;VALUE=DATE:20260329", "DURATION:P1W"], Ics.Day(2026, 3, 29), Ics.Day(2026, 4, 5) },
        { ["DTSTART:20260329T093000Z"], Ics.Zoned("2026-03-29T09:30:00", "UTC"), Ics.Zoned("2026-03-29T09:30:00", "UTC") },
        { ["DTSTART:20260329T093000Z", "DURATION:PT1H30M"], Ics.Zoned("2026-03-29T09:30:00", "UTC"), Ics.Zoned("2026-03-29T11:00:00", "UTC") },
        { ["DTSTART:20260329T093000Z", "DURATION:-PT1H"], Ics.Zoned("2026-03-29T09:30:00", "UTC"), Ics.Zoned("2026-03-29T09:30:00", "UTC") },
        { ["DTSTART:20260329T093000Z", "DTEND:20260329T090000Z"], Ics.Zoned("2026-03-29T09:30:00", "UTC"), Ics.Zoned("2026-03-29T09:30:00", "UTC") },
        // Over the change to summer time a day is a day and 24 hours are 24 hours (RFC 5545, 3.3.6).
        { ["DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:P1D"], Ics.Zoned("2026-03-28T12:00:00", "Europe/Berlin"), Ics.Zoned("2026-03-29T12:00:00", "Europe/Berlin") },
        { ["DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:PT24H"], Ics.Zoned("2026-03-28T12:00:00", "Europe/Berlin"), Ics.Zoned("2026-03-29T13:00:00", "Europe/Berlin") },
        { ["DTSTART;TZID=Europe/Berlin:20260701T220000", "DTEND;TZID=America/New_York:20260702T010000"], Ics.Zoned("2026-07-01T22:00:00", "Europe/Berlin"), Ics.Zoned("2026-07-02T01:00:00", "America/New_York") },
        { ["DTSTART;VALUE=DATE:20260329", "DTEND:20260329T100000Z"], Ics.Day(2026, 3, 29), Ics.Day(2026, 3, 30) },
        { ["DTSTART;TZID=Europe/Berlin:20260329T220000", "DTEND;VALUE=DATE:20260330"], Ics.Zoned("2026-03-29T22:00:00", "Europe/Berlin"), Ics.Zoned("2026-03-30T00:00:00", "Europe/Berlin") },
    };

    [Theory]
    [MemberData(nameof(Times))]
    public void Every_way_to_write_a_time_is_read_with_an_end_that_fits(string[] lines, EventTime start, EventTime end)
    {
        var content = Ics.Content(Ics.Event(lines));

        Assert.Equal((start, end), (content.Start, content.End));
    }

    [Theory]
    [InlineData("Europe/Berlin", "Europe/Berlin")]
    [InlineData("europe/berlin", "Europe/Berlin")]
    [InlineData("\"Europe/Berlin\"", "Europe/Berlin")]
    [InlineData("W. Europe Standard Time", "Europe/Berlin")]
    [InlineData("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin")]
    [InlineData("/softwarestudio.org/Olson_20011030_5/America/New_York", "America/New_York")]
    [InlineData("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires")]
    [InlineData("UTC", "UTC")]
    [InlineData("Etc/UTC", "UTC")]
    [InlineData("\"tzone://Microsoft/Utc\"", "UTC")]
    public void A_zone_is_known_under_all_the_names_it_is_given(string tzId, string zone) =>
        Assert.Equal(Ics.Zoned("2026-07-01T10:00:00", zone), Ics.Content(Ics.Event($"DTSTART;TZID={tzId}:20260701T100000")).Start);

    [Fact]
    public void A_zone_of_an_unknown_name_is_what_its_definition_says_it_is() => Assert.Equal(
        Ics.Zoned("2026-07-01T10:00:00", "America/Chicago"),
        Ics.Content(Zone("My Zone", "X-LIC-LOCATION:America/Chicago")).Start);

    [Fact]
    public void A_zone_of_an_unknown_name_is_the_one_that_behaves_as_its_definition()
    {
        var start = Assert.IsType<EventTime.Zoned>(Ics.Content(Zone(
            "Customized Time Zone",
            "BEGIN:STANDARD", "DTSTART:16010101T020000", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "TZOFFSETFROM:-0400", "TZOFFSETTO:-0500", "END:STANDARD",
            "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "TZOFFSETFROM:-0500", "TZOFFSETTO:-0400", "END:DAYLIGHT")).Start);

        Assert.Equal("America/New_York", start.ZoneId);
    }

    [Fact]
    public void A_zone_of_the_southern_half_is_not_taken_for_one_of_the_northern()
    {
        var start = Assert.IsType<EventTime.Zoned>(Ics.Content(Zone(
            "(UTC+10:00) Somewhere",
            "BEGIN:STANDARD", "DTSTART:16010101T030000", "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU", "TZOFFSETFROM:+1100", "TZOFFSETTO:+1000", "END:STANDARD",
            "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=1SU", "TZOFFSETFROM:+1000", "TZOFFSETTO:+1100", "END:DAYLIGHT")).Start);

        var zone = TimeZones.Get(start.ZoneId);
        Assert.Equal(Offset.FromHours(10), zone.GetUtcOffset(Instant.FromUtc(2026, 7, 1, 0, 0)));
        Assert.Equal(Offset.FromHours(11), zone.GetUtcOffset(Instant.FromUtc(2026, 1, 1, 0, 0)));
    }

    [Fact]
    public void A_time_in_a_zone_that_nothing_explains_is_kept_as_wall_time() =>
        Assert.Equal(Ics.Floating("2026-07-01T10:00:00"), Ics.Content(Ics.Event("DTSTART;TZID=Narnia:20260701T100000")).Start);

    [Fact]
    public void The_marker_the_modification_and_the_uid_are_read()
    {
        var read = Ics.Read(Ics.Event("DTSTART:20260701T100000Z", "LAST-MODIFIED:20260630T080000Z", "X-CALENDARSYNC-SPACE:7d4ff30f-31b7-4a26-9b8d-2a9f3c3f1d10"));

        Assert.Equal("u", read.Uid);
        Assert.Equal(Instant.FromUtc(2026, 6, 30, 8, 0), read.LastModified);
        Assert.Equal(new SpaceId(Guid.Parse("7d4ff30f-31b7-4a26-9b8d-2a9f3c3f1d10")), read.WrittenFor);
    }

    [Fact]
    public void A_series_is_read_with_its_exclusions_and_overrides_in_the_zone_of_its_master()
    {
        var read = Ics.Read(Ics.Calendar(
            "BEGIN:VEVENT", "UID:u", "RECURRENCE-ID:20260410T080000Z", "DTSTART;TZID=Europe/Berlin:20260410T113000", "DTEND;TZID=Europe/Berlin:20260410T120000",
            "SUMMARY:Later", "RRULE:FREQ=WEEKLY", "END:VEVENT",
            "BEGIN:VEVENT", "UID:u", "DTSTART;TZID=Europe/Berlin:20260320T100000", "DTEND;TZID=Europe/Berlin:20260320T103000", "SUMMARY:Piano",
            "RRULE:FREQ=WEEKLY;BYDAY=FR", "EXDATE;TZID=Europe/Berlin:20260327T100000,20260403T100000", "RDATE;TZID=Europe/Berlin:20260321T100000", "END:VEVENT"));

        Assert.Equal("Piano", read.Aggregate.Content.Title);
        Assert.Equal(["FREQ=WEEKLY;BYDAY=FR"], read.Aggregate.Recurrence!.Rules);
        Assert.Equal([Ics.Zoned("2026-03-27T10:00:00", "Europe/Berlin"), Ics.Zoned("2026-04-03T10:00:00", "Europe/Berlin")], read.Aggregate.Recurrence.Exclusions);
        Assert.Equal([Ics.Zoned("2026-03-21T10:00:00", "Europe/Berlin")], read.Aggregate.Recurrence.Dates);
        var instance = Assert.Single(read.Aggregate.Overrides);
        Assert.Equal((Ics.Zoned("2026-04-10T10:00:00", "Europe/Berlin"), "Later"), (instance.RecurrenceId, instance.Content.Title));
    }

    [Fact]
    public void An_invitation_to_one_instance_of_a_series_is_an_event()
    {
        var read = Ics.Read(Ics.Event("RECURRENCE-ID:20260410T080000Z", "DTSTART:20260410T093000Z", "SUMMARY:Only this one"));

        Assert.Equal("Only this one", read.Aggregate.Content.Title);
    }

    [Fact]
    public void What_is_broken_elsewhere_does_not_cost_the_event()
    {
        var content = Ics.Content(Ics.Event(
            "this is no line", "DTSTART:20260701T100000Z", "CREATED:rubbish", "SUMMARY:Good", "SUMMARY:twice", "X-;;:", "ATTENDEE;CN=\"unclosed:mailto:a@example.com",
            "BEGIN:VALARM", "TRIGGER:rubbish", "no line either", "END:VALARM"));

        Assert.Equal("Good", content.Title);
    }

    [Theory]
    [InlineData("SUMMARY:no start")]
    [InlineData("DTSTART:garbage")]
    [InlineData("DTSTART;VALUE=DATE:20260231")]
    [InlineData("DTSTART:20260701T250000Z")]
    [InlineData("DTSTART:20260701T100000Z\r\nDTEND:garbage")]
    [InlineData("DTSTART:20260701T100000Z\r\nRRULE:FREQ=SOMETIMES")]
    [InlineData("DTSTART:20260701T100000Z\r\nRRULE:FREQ=YEARLY;BYEASTER=0")]
    [InlineData("DTSTART:20260701T100000Z\r\nRECURRENCE-ID:garbage")]
    [InlineData("DTSTART:20260701T100000Z\r\nRRULE:FREQ=DAILY\r\nEXDATE:garbage")]
    public void An_event_that_cannot_be_placed_is_unreadable_with_a_reason_that_gives_nothing_away(string lines)
    {
        var unreadable = Assert.IsType<ICalendarReading.Unreadable>(ICalendarReader.Read(Ics.Event("X-SECRET:canary-title", lines)));

        Assert.Equal("The calendar sent an event that does not follow the iCalendar format.", unreadable.Reason);
    }

    [Theory]
    [InlineData("DTSTART;TZID=America/New_York:99991231T230000")]
    [InlineData("DTSTART:99991231T233000")]
    [InlineData("DTSTART:20260701T100000Z\r\nDTEND:99991231T233000Z")]
    [InlineData("DTSTART;VALUE=DATE:99991230")]
    [InlineData("DTSTART;TZID=Asia/Tokyo:00010101T000000")]
    public void An_event_at_the_end_of_time_is_unreadable_instead_of_stopping_its_calendar(string lines)
    {
        var unreadable = Assert.IsType<ICalendarReading.Unreadable>(ICalendarReader.Read(Ics.Event(lines)));

        Assert.Equal("The event lies in a year that Rowan cannot store.", unreadable.Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html></html>")]
    [InlineData("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VCALENDAR\r\n")]
    [InlineData("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n")]
    [InlineData("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")]
    [InlineData("BEGIN:VEVENT\r\nDTSTART:20260701T100000Z\r\nEND:VEVENT\r\n")]
    public void What_is_no_calendar_object_is_unreadable(string text) => Assert.IsType<ICalendarReading.Unreadable>(ICalendarReader.Read(text));

    [Fact]
    public void Components_nested_without_end_do_not_end_the_process() => Assert.IsType<ICalendarReading.Unreadable>(
        ICalendarReader.Read("BEGIN:VCALENDAR\r\n" + string.Concat(Enumerable.Repeat("BEGIN:VEVENT\r\n", 200_000))));

    [Theory]
    [InlineData("VTODO")]
    [InlineData("VJOURNAL")]
    [InlineData("VFREEBUSY")]
    public void Tasks_and_journals_are_no_events(string component) =>
        Assert.IsType<ICalendarReading.NotAnEvent>(ICalendarReader.Read(Ics.Calendar($"BEGIN:{component}", "UID:u", $"END:{component}")));

    [Fact]
    public void Control_characters_are_read_over() =>
        Assert.Equal("bell", Ics.Content(ICalendarDocument.Normalise(Ics.Event("DTSTART:20260701T100000Z", "SUMMARY:be\u0007l\0l"))).Title);

    [Theory]
    [InlineData("\n")]
    [InlineData("\r")]
    [InlineData("\r\n")]
    public void Line_breaks_of_any_kind_and_a_byte_order_mark_are_read(string lineBreak) =>
        Assert.Equal("Folded title", Ics.Content("\ufeff" + Ics.Event("DTSTART:20260701T100000Z", "SUMMARY:Folded", "  title").Replace("\r\n", lineBreak, StringComparison.Ordinal)).Title);

    private static string Zone(string tzId, params string[] definition) => Ics.Calendar(
        ["BEGIN:VTIMEZONE", $"TZID:{tzId}", .. definition, "END:VTIMEZONE", "BEGIN:VEVENT", "UID:u", $"DTSTART;TZID=\"{tzId}\":20260701T100000", "END:VEVENT"]);
}
