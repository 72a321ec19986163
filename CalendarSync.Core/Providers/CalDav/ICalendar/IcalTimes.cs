using CalendarSync.Core.Model;
using Ical.Net.DataTypes;
using NodaTime;
using IcalEvent = Ical.Net.CalendarComponents.CalendarEvent;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>Ical.Net's times as ours.</summary>
internal static class IcalTimes
{
    /// <summary>DATE, UTC, zoned or floating: the four forms of RFC 5545, 3.3.4 and 3.3.5.</summary>
    public static EventTime ToEventTime(CalDateTime time)
    {
        var local = LocalDateTime.FromDateTime(time.Value);
        return time switch
        {
            { HasTime: false } => new EventTime.AllDay(local.Date),
            { IsUtc: true } => new EventTime.Zoned(local, "UTC"),
            { TzId: { Length: > 0 } zone } => new EventTime.Zoned(local, TimeZones.Get(zone).Id),
            _ => new EventTime.Floating(local),
        };
    }

    /// <summary>
    /// The exclusive end: DTEND, or DTSTART and DURATION, or a day, or no time at all (RFC 5545, 3.6.1). It has the kind of the start and
    /// is not before it, whatever the text says.
    /// </summary>
    public static EventTime End(IcalEvent parsed, EventTime start)
    {
        var end = parsed.DtEnd is { } to ? OfKind(start, ToEventTime(to)) : Add(start, parsed.Duration ?? default);
        return (start, end) switch
        {
            (EventTime.AllDay from, EventTime.AllDay until) when until.Date <= from.Date => new EventTime.AllDay(from.Date.PlusDays(1)),
            (EventTime.AllDay, _) => end,
            _ when end.ToInstant(DateTimeZone.Utc) < start.ToInstant(DateTimeZone.Utc) => start,
            _ => end,
        };
    }

    private static EventTime OfKind(EventTime start, EventTime end) => (start, end) switch
    {
        (EventTime.AllDay, EventTime.Zoned timed) => new EventTime.AllDay(DayAfter(timed.Local)),
        (EventTime.AllDay, EventTime.Floating timed) => new EventTime.AllDay(DayAfter(timed.Local)),
        (EventTime.Zoned from, EventTime.AllDay day) => new EventTime.Zoned(day.Date.AtMidnight(), from.ZoneId),
        (EventTime.Zoned from, EventTime.Floating local) => new EventTime.Zoned(local.Local, from.ZoneId),
        (EventTime.Floating, EventTime.AllDay day) => new EventTime.Floating(day.Date.AtMidnight()),
        (EventTime.Floating, EventTime.Zoned zoned) => new EventTime.Floating(zoned.Local),
        _ => end,
    };

    // A day that has begun is taken whole.
    private static LocalDate DayAfter(LocalDateTime end) => end.TimeOfDay == LocalTime.Midnight ? end.Date : end.Date.PlusDays(1);

    // Days and weeks are nominal, hours are exact (RFC 5545, 3.3.6): over a change to summer time "P1D" is 23 hours and "PT24H" is 24.
    private static EventTime Add(EventTime start, Ical.Net.DataTypes.Duration duration)
    {
        var sign = duration.Sign;
        var days = sign * ((7 * Math.Abs(duration.Weeks ?? 0)) + Math.Abs(duration.Days ?? 0));
        var time = NodaTime.Duration.FromSeconds(sign * ((3600L * Math.Abs(duration.Hours ?? 0)) + (60L * Math.Abs(duration.Minutes ?? 0)) + Math.Abs(duration.Seconds ?? 0)));
        switch (start)
        {
            case EventTime.AllDay day:
                return new EventTime.AllDay(DayAfter(day.Date.PlusDays(days).AtMidnight().PlusSeconds((long)time.TotalSeconds)));
            case EventTime.Floating floating:
                return new EventTime.Floating(floating.Local.PlusDays(days).PlusSeconds((long)time.TotalSeconds));
            case EventTime.Zoned zoned:
                var zone = TimeZones.Get(zoned.ZoneId);
                var shifted = zoned with { Local = zoned.Local.PlusDays(days) };
                return time == NodaTime.Duration.Zero ? shifted : zoned with { Local = (shifted.ToInstant(zone) + time).InZone(zone).LocalDateTime };
            default:
                throw new InvalidOperationException("EventTime is closed.");
        }
    }
}
