using System.Globalization;

namespace CalendarSync.Benchmarks;

/// <summary>Events as a phone writes them: a zone of its own, a description, an alarm; about 900 bytes each.</summary>
internal static class CalendarText
{
    public static string Uid(int index) => string.Create(CultureInfo.InvariantCulture, $"bench-{index:D6}");

    public static string Event(int index, int revision = 0)
    {
        var day = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Unspecified).AddDays(index % 1500).AddHours(8 + (index % 9));
        return string.Join("\r\n",
        [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Another client//EN", "CALSCALE:GREGORIAN",
            "BEGIN:VTIMEZONE", "TZID:Europe/Berlin",
            "BEGIN:DAYLIGHT", "TZOFFSETFROM:+0100", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "DTSTART:19810329T020000", "TZNAME:CEST", "TZOFFSETTO:+0200", "END:DAYLIGHT",
            "BEGIN:STANDARD", "TZOFFSETFROM:+0200", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "DTSTART:19961027T030000", "TZNAME:CET", "TZOFFSETTO:+0100", "END:STANDARD",
            "END:VTIMEZONE",
            "BEGIN:VEVENT", $"UID:{Uid(index)}", "DTSTAMP:20260101T000000Z", "CREATED:20260101T000000Z", "LAST-MODIFIED:20260101T000000Z",
            $"SEQUENCE:{revision}", $"SUMMARY:Appointment {index}{(revision == 0 ? "" : $" moved {revision}")}",
            $"DTSTART;TZID=Europe/Berlin:{Basic(day)}", $"DTEND;TZID=Europe/Berlin:{Basic(day.AddHours(1))}",
            "LOCATION:Second floor\\, room 12", "DESCRIPTION:Please bring the papers.\\nThe entrance is at the back of the house\\, and",
            "  the bell is marked.", "TRANSP:OPAQUE", "STATUS:CONFIRMED", "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC",
            "BEGIN:VALARM", $"UID:{Uid(index)}-alarm", "TRIGGER:-PT15M", "ACTION:DISPLAY", "DESCRIPTION:Reminder", "END:VALARM",
            "END:VEVENT", "END:VCALENDAR", "",
        ]);
    }

    private static string Basic(DateTime time) => time.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
}
