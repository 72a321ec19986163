using CalendarSync.Core.Model;
using CalendarSync.Core.Providers.CalDav.ICalendar;
using NodaTime;

namespace CalendarSync.UnitTests.CalDav;

/// <summary>Calendar objects as text, and what our code makes of them.</summary>
internal static class Ics
{
    /// <summary>A VCALENDAR around lines.</summary>
    public static string Calendar(params IEnumerable<string> lines) =>
        string.Join("\r\n", ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Another client//EN", .. lines, "END:VCALENDAR", ""]);

    /// <summary>A VCALENDAR with one VEVENT of UID "u".</summary>
    public static string Event(params IEnumerable<string> lines) =>
        Calendar(["BEGIN:VEVENT", "UID:u", "DTSTAMP:20260101T000000Z", .. lines, "END:VEVENT"]);

    public static ICalendarReading.Event Read(string text) => Assert.IsType<ICalendarReading.Event>(ICalendarReader.Read(text));

    public static EventContent Content(string text) => Read(text).Aggregate.Content;

    public static EventTime Day(int year, int month, int day) => new EventTime.AllDay(new LocalDate(year, month, day));

    public static EventTime Zoned(string local, string zone) => new EventTime.Zoned(Local(local), zone);

    public static EventTime Floating(string local) => new EventTime.Floating(Local(local));

    private static LocalDateTime Local(string text) => NodaTime.Text.LocalDateTimePattern.GeneralIso.Parse(text).Value;
}
