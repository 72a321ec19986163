using NodaTime;
using NodaTime.Text;

namespace CalendarSync.Worker.Demo;

/// <summary>A resource of the demo calendar: its file name and its iCalendar text.</summary>
internal sealed record DemoResource(string Name, string Text);

/// <summary>
/// What the family keeps in its phone's calendar, written as such servers hold it: with alarms, an invitation and properties of other
/// programs, all of which have to survive being edited in Rowan.
/// </summary>
internal static class DemoCalendarText
{
    private static readonly LocalDateTimePattern Wall = LocalDateTimePattern.CreateWithInvariantCulture("uuuuMMdd'T'HHmmss");

    private static readonly LocalDatePattern Day = LocalDatePattern.CreateWithInvariantCulture("uuuuMMdd");

    // The rules of the Energy Policy Act of 2005, as Apple writes them.
    private const string NewYork =
        """
        BEGIN:VTIMEZONE
        TZID:America/New_York
        BEGIN:DAYLIGHT
        TZOFFSETFROM:-0500
        TZOFFSETTO:-0400
        TZNAME:EDT
        DTSTART:20070311T020000
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
        END:DAYLIGHT
        BEGIN:STANDARD
        TZOFFSETFROM:-0400
        TZOFFSETTO:-0500
        TZNAME:EST
        DTSTART:20071104T020000
        RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
        END:STANDARD
        END:VTIMEZONE

        """;

    /// <summary>Ten events of the weeks after a day.</summary>
    public static IReadOnlyList<DemoResource> For(LocalDate today, Instant now)
    {
        var saturday = today.Next(IsoDayOfWeek.Saturday);
        return
        [
            Timed("vet", today.PlusDays(1), 10, 0, 30, "Vet: Biscuit", "LOCATION:Paws & Claws\\, 3 Mill Road", Alarm("-PT1H")),
            Timed("book-club", today.PlusDays(2), 19, 30, 120, "Book club", "DESCRIPTION:Chapters 9 to 14.\\nBring biscuits."),
            Timed("plumber", today.PlusDays(4), 9, 0, 60, "Plumber", "LOCATION:At home", "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC"),
            Timed("farmers-market", saturday, 9, 0, 90, "Farmers' market 🥕", "URL:https://example.com/market"),
            Timed("soccer-match", saturday, 14, 0, 100, "Soccer match: Ada", "LOCATION:Field 1\\, Lakeside Park", Alarm("-PT45M")),
            Timed("dinner", saturday.PlusDays(7), 18, 30, 150, "Dinner with the Linds", Invitation),
            Days("recycling", today.PlusDays(7), 1, "Recycling day"),
            Days("cousins", today.PlusDays(12), 3, "Cousins are visiting", "DESCRIPTION:The sofa bed needs sheets."),
            Utc("webinar", today.PlusDays(8), 17, 0, 60, "Webinar: saving for college"),
            Floating("medicine", today.PlusDays(3), 8, 0, 10, "Biscuit's medicine", "CATEGORIES:Pets"),
        ];

        DemoResource Timed(string name, LocalDate date, int hour, int minute, int minutes, string title, params string[] lines)
        {
            var start = date.At(new LocalTime(hour, minute));
            var times = $"DTSTART;TZID={DemoFamily.Zone}:{Wall.Format(start)}\nDTEND;TZID={DemoFamily.Zone}:{Wall.Format(start.PlusMinutes(minutes))}";
            return Resource(name, title, NewYork, times, lines);
        }

        DemoResource Days(string name, LocalDate first, int count, string title, params string[] lines) =>
            Resource(name, title, "", $"DTSTART;VALUE=DATE:{Day.Format(first)}\nDTEND;VALUE=DATE:{Day.Format(first.PlusDays(count))}", lines);

        DemoResource Utc(string name, LocalDate date, int hour, int minute, int minutes, string title)
        {
            var start = date.At(new LocalTime(hour, minute));
            return Resource(name, title, "", $"DTSTART:{Wall.Format(start)}Z\nDURATION:PT{minutes}M", []);
        }

        DemoResource Floating(string name, LocalDate date, int hour, int minute, int minutes, string title, params string[] lines)
        {
            var start = date.At(new LocalTime(hour, minute));
            return Resource(name, title, "", $"DTSTART:{Wall.Format(start)}\nDTEND:{Wall.Format(start.PlusMinutes(minutes))}", lines);
        }

        DemoResource Resource(string name, string title, string zone, string times, string[] lines)
        {
            var stamp = Wall.Format(now.InUtc().LocalDateTime) + "Z";
            var text =
                $"""
                BEGIN:VCALENDAR
                VERSION:2.0
                PRODID:-//Example Phone//Calendar 18.1//EN
                CALSCALE:GREGORIAN
                {zone}BEGIN:VEVENT
                UID:demo-{name}@example.com
                DTSTAMP:{stamp}
                CREATED:{stamp}
                LAST-MODIFIED:{stamp}
                SUMMARY:{title}
                {times}
                {string.Concat(lines.Select(line => line + "\n"))}SEQUENCE:0
                TRANSP:OPAQUE
                END:VEVENT
                END:VCALENDAR

                """;

            // RFC 5545, section 3.1: lines end in CRLF. None here is longer than 75 octets.
            return new($"demo-{name}.ics", text.ReplaceLineEndings("\r\n"));
        }
    }

    private const string Invitation =
        """
        ORGANIZER;CN=Chloe Lind:mailto:chloe@example.com
        ATTENDEE;CN=Amara Okafor;PARTSTAT=ACCEPTED:mailto:amara@example.com
        """;

    private static string Alarm(string trigger) =>
        $"""
        BEGIN:VALARM
        ACTION:DISPLAY
        DESCRIPTION:Reminder
        TRIGGER:{trigger}
        END:VALARM
        """;
}
