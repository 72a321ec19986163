using System.Collections.Immutable;
using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>A STANDARD or DAYLIGHT of a VTIMEZONE, as far as it is needed to recognise the zone (RFC 5545, section 3.6.5).</summary>
/// <param name="First">DTSTART: the first onset, local.</param>
/// <param name="OffsetTo">From the onset on.</param>
/// <param name="Rule">RRULE, if any.</param>
internal sealed record ZoneObservance(LocalDateTime First, Offset OffsetTo, string? Rule)
{
    private static readonly LocalDateTimePattern DateTime = LocalDateTimePattern.CreateWithInvariantCulture("uuuuMMdd'T'HHmmss");
    private static readonly string[] Weekdays = ["", "MO", "TU", "WE", "TH", "FR", "SA", "SU"];

    /// <summary>Reads those that can be read.</summary>
    public static ImmutableArray<ZoneObservance> ReadAll(ICalendarComponent zone) =>
        [.. zone.Components.Where(c => c.Name is "STANDARD" or "DAYLIGHT").Select(Read).OfType<ZoneObservance>()];

    /// <summary>The offset that a set of observances gives at a local time, away from the hour of a change.</summary>
    public static Offset OffsetAt(ImmutableArray<ZoneObservance> observances, LocalDateTime local)
    {
        var last = observances
            .SelectMany(o => new[] { o.Onset(local.Year - 1), o.Onset(local.Year) }, (o, onset) => (o.OffsetTo, onset))
            .Where(x => x.onset <= local)
            .OrderBy(x => x.onset)
            .LastOrDefault();
        return last.onset is null ? observances.MinBy(o => o.First)!.OffsetTo : last.OffsetTo;
    }

    private static ZoneObservance? Read(ICalendarComponent component)
    {
        var first = DateTime.Parse(component.Find("DTSTART")?.Value.Trim() ?? "");
        return first.Success && ParseOffset(component.Find("TZOFFSETTO")?.Value.Trim()) is { } offset
            ? new ZoneObservance(first.Value, offset, component.Find("RRULE")?.Value.Trim().ToUpperInvariant())
            : null;
    }

    // "+0100", "-0330", "+001408" as historic local mean time has it.
    private static Offset? ParseOffset(string? value)
    {
        if (value is not { Length: 5 or 7 } || value[0] is not ('+' or '-') || !int.TryParse(value.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var digits))
        {
            return null;
        }

        digits = value.Length == 5 ? digits * 100 : digits;
        var seconds = (digits / 10000 * 3600) + (digits / 100 % 100 * 60) + (digits % 100);
        return seconds > 18 * 3600 ? null : Offset.FromSeconds(value[0] == '-' ? -seconds : seconds);
    }

    // FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU is how nearly every zone is written; a rule that is written otherwise repeats on its first day.
    private LocalDateTime? Onset(int year)
    {
        if (year < First.Year)
        {
            return null;
        }

        if (Rule is null)
        {
            return First;
        }

        var parts = Rule.Split(';').Select(p => p.Split('=', 2)).Where(p => p.Length == 2).GroupBy(p => p[0]).ToDictionary(p => p.Key, p => p.First()[1]);
        if (parts.TryGetValue("UNTIL", out var until) && int.TryParse(until.AsSpan(0, Math.Min(4, until.Length)), CultureInfo.InvariantCulture, out var lastYear) && year > lastYear)
        {
            year = lastYear;
        }

        var month = parts.TryGetValue("BYMONTH", out var m) && int.TryParse(m, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 12 ? number : First.Month;
        var days = DateTimeDays(year, month);
        var weekday = parts.TryGetValue("BYDAY", out var byDay) && byDay.Length >= 2 ? Array.IndexOf(Weekdays, byDay[^2..]) : -1;
        if (weekday < 1)
        {
            return new LocalDate(year, month, Math.Min(First.Day, days)).At(First.TimeOfDay);
        }

        var monthDays = parts.TryGetValue("BYMONTHDAY", out var list) ? list.Split(',') : null;
        var candidates = Enumerable.Range(1, days)
            .Select(day => new LocalDate(year, month, day))
            .Where(date => (int)date.DayOfWeek == weekday
                && (monthDays is null || monthDays.Contains(date.Day.ToString(CultureInfo.InvariantCulture))))
            .ToArray();
        var nth = int.TryParse(byDay.AsSpan(0, byDay!.Length - 2), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n != 0 ? n : 1;
        var index = Math.Clamp(nth > 0 ? nth - 1 : candidates.Length + nth, 0, Math.Max(0, candidates.Length - 1));
        return candidates.Length == 0 ? null : candidates[index].At(First.TimeOfDay);
    }

    private static int DateTimeDays(int year, int month) => CalendarSystem.Iso.GetDaysInMonth(year, month);
}
