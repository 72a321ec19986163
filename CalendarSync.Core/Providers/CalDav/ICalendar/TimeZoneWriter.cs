using System.Globalization;
using NodaTime;
using NodaTime.Text;
using NodaTime.TimeZones;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>
/// Writes a VTIMEZONE from the rules that NodaTime knows (RFC 5545, section 3.6.5). Changes that come every year on the same weekday of a
/// month become one rule; the others are listed by date up to the horizon.
/// </summary>
internal static class TimeZoneWriter
{
    // Behind the last irregular change that TZDB announces for a zone with DST, Morocco's Ramadan aside (listed until 2087).
    private const int HorizonYears = 30;

    private static readonly LocalDateTimePattern Stamp = LocalDateTimePattern.CreateWithInvariantCulture("uuuuMMdd'T'HHmmss");
    private static readonly string[] Weekdays = ["", "MO", "TU", "WE", "TH", "FR", "SA", "SU"];

    /// <summary>The zone from a year on.</summary>
    /// <param name="zone">Its id becomes the TZID: servers want the names of the TZDB (EDS, bug 764027).</param>
    /// <param name="fromYear">The year of the earliest time that uses it.</param>
    public static ICalendarComponent Write(DateTimeZone zone, int fromYear)
    {
        var from = Instant.FromUtc(Math.Clamp(fromYear, 1900, 9000), 1, 1, 0, 0);
        var to = Instant.FromUtc(Math.Clamp(fromYear, 1900, 9000) + HorizonYears, 1, 1, 0, 0);
        var intervals = zone.GetZoneIntervals(from - Duration.FromDays(1), to).ToArray();
        var changes = intervals.Zip(intervals.Skip(1), (before, after) => new Change(before, after)).ToArray();
        var observances = new List<ICalendarComponent> { First(intervals[0]) };
        foreach (var group in changes.GroupBy(c => (c.After.Savings, c.After.WallOffset, c.After.Name, From: c.Before.WallOffset)))
        {
            observances.AddRange(Observances([.. group], to));
        }

        return ICalendarComponent.Create("VTIMEZONE", [ContentLine.Create("TZID", zone.Id), .. observances]);
    }

    // What holds at the beginning. Its onset may lie before the calendar begins, and RFC 5545 wants one.
    private static ICalendarComponent First(ZoneInterval interval)
    {
        var epoch = new LocalDateTime(1900, 1, 1, 0, 0);
        var start = interval.HasStart && interval.IsoLocalStart > epoch ? interval.IsoLocalStart : epoch;
        return Observance(interval, start, interval.WallOffset);
    }

    private static IEnumerable<ICalendarComponent> Observances(Change[] changes, Instant horizon)
    {
        var single = new List<Change>();
        for (var i = 0; i < changes.Length;)
        {
            var run = RunAt(changes, i);
            if (run.Count < 3)
            {
                single.Add(changes[i++]);
                continue;
            }

            var rule = Rule(run);
            i += run.Count;
            var last = run.Changes[^1];
            var goesOn = i == changes.Length && last.At + Duration.FromDays(366) >= horizon;
            yield return Observance(last.After, run.Changes[0].Local, last.Before.WallOffset, ContentLine.Create("RRULE", goesOn ? rule : $"{rule};UNTIL={Utc(last.At)}"));
        }

        if (single.Count > 0)
        {
            yield return Observance(single[0].After, single[0].Local, single[0].Before.WallOffset,
                [.. single.Skip(1).Select(c => ContentLine.Create("RDATE", Stamp.Format(c.Local)))]);
        }
    }

    // The longest run of yearly changes from i on that one rule describes: "the 2nd Sunday", "the last Sunday" or the same date.
    private static Run RunAt(Change[] changes, int i)
    {
        var best = new Run([changes[i]], Pattern.Date);
        foreach (var pattern in new[] { Pattern.Last, Pattern.Nth, Pattern.Date })
        {
            var end = i + 1;
            while (end < changes.Length && changes[end].Local.Year == changes[end - 1].Local.Year + 1 && changes[end].Key(pattern) == changes[i].Key(pattern))
            {
                end++;
            }

            if (changes[i].Key(pattern) is not null && end - i > best.Count)
            {
                best = new Run(changes[i..end], pattern);
            }
        }

        return best;
    }

    private static string Rule(Run run)
    {
        var date = run.Changes[0].Local.Date;
        var day = run.Pattern switch
        {
            Pattern.Last => $"BYDAY=-1{Weekdays[(int)date.DayOfWeek]}",
            Pattern.Nth => string.Create(CultureInfo.InvariantCulture, $"BYDAY={((date.Day - 1) / 7) + 1}{Weekdays[(int)date.DayOfWeek]}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"BYMONTHDAY={date.Day}"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"FREQ=YEARLY;BYMONTH={date.Month};{day}");
    }

    private static ICalendarComponent Observance(ZoneInterval interval, LocalDateTime start, Offset from, params IEnumerable<ContentLine> recurrence) =>
        ICalendarComponent.Create(interval.Savings == Offset.Zero ? "STANDARD" : "DAYLIGHT",
        [
            ContentLine.Create("DTSTART", Stamp.Format(start)),
            ContentLine.Create("TZOFFSETFROM", Format(from)),
            ContentLine.Create("TZOFFSETTO", Format(interval.WallOffset)),
            ContentLine.Create("TZNAME", interval.Name),
            .. recurrence,
        ]);

    private static string Format(Offset offset)
    {
        var seconds = Math.Abs(offset.Seconds);
        var text = string.Create(CultureInfo.InvariantCulture, $"{(offset.Seconds < 0 ? '-' : '+')}{seconds / 3600:00}{seconds / 60 % 60:00}");
        return seconds % 60 == 0 ? text : text + (seconds % 60).ToString("00", CultureInfo.InvariantCulture);
    }

    private static string Utc(Instant instant) => Stamp.Format(instant.InUtc().LocalDateTime) + "Z";

    private enum Pattern
    {
        Last,
        Nth,
        Date,
    }

    private sealed record Run(Change[] Changes, Pattern Pattern)
    {
        public int Count => Changes.Length;
    }

    private sealed record Change(ZoneInterval Before, ZoneInterval After)
    {
        public Instant At => After.Start;

        // An onset is written in the local time that ends with it (RFC 5545, 3.6.5).
        public LocalDateTime Local { get; } = Before.IsoLocalEnd;

        public (int Month, int Day, int Weekday, LocalTime Time)? Key(Pattern pattern)
        {
            var days = CalendarSystem.Iso.GetDaysInMonth(Local.Year, Local.Month);
            return pattern switch
            {
                Pattern.Last => Local.Day > days - 7 ? (Local.Month, -1, (int)Local.DayOfWeek, Local.TimeOfDay) : null,
                Pattern.Nth => (Local.Month, ((Local.Day - 1) / 7) + 1, (int)Local.DayOfWeek, Local.TimeOfDay),
                _ => (Local.Month, Local.Day, 0, Local.TimeOfDay),
            };
        }
    }
}
