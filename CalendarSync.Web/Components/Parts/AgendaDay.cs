using System.Globalization;
using CalendarSync.Web.Api;

namespace CalendarSync.Web.Components.Parts;

/// <summary>An event as a line of the agenda.</summary>
public sealed record AgendaItem
{
    public required CalendarEvent Event { get; init; }

    /// <summary>Its time in words, in the zone of the person who looks.</summary>
    public required string When { get; init; }
}

/// <summary>A day of the agenda. An event that began before today is shown today, one over several days on its first.</summary>
public sealed record AgendaDay(DateOnly Date, bool IsToday, IReadOnlyList<AgendaItem> Items)
{
    private static readonly CultureInfo Words = CultureInfo.InvariantCulture;

    /// <summary>Day of the month.</summary>
    public string Number => Date.Day.ToString(Words);

    /// <summary>Weekday and month.</summary>
    public string Name => IsToday ? "Today" : Date.ToString("ddd, MMM", Words);

    public static IEnumerable<AgendaDay> Group(IEnumerable<CalendarEvent> events, TimeZoneInfo zone, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        return events
            .Select(e => (Event: e, First: FirstDay(e, zone)))
            .Select(e => (e.Event, Day: e.First < today ? today : e.First))
            .GroupBy(e => e.Day)
            .OrderBy(day => day.Key)
            .Select(day => new AgendaDay(
                day.Key,
                day.Key == today,
                [
                    .. day.OrderByDescending(e => e.Event.AllDay).ThenBy(e => e.Event.StartTime).ThenBy(e => e.Event.Title, StringComparer.Ordinal)
                        .Select(e => new AgendaItem { Event = e.Event, When = When(e.Event, zone) }),
                ]));
    }

    private static DateOnly FirstDay(CalendarEvent e, TimeZoneInfo zone) =>
        e is { AllDay: true, StartDate: { } date } ? date : DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(e.StartTime, zone).DateTime);

    private static string When(CalendarEvent e, TimeZoneInfo zone)
    {
        if (e.AllDay)
        {
            return e is { StartDate: { } first, EndDate: { } end } && end > first.AddDays(1) ? $"until {end.AddDays(-1).ToString("ddd d", Words)}" : "all day";
        }

        var start = TimeZoneInfo.ConvertTime(e.StartTime, zone);
        var stop = e.EndTime is { } endTime ? TimeZoneInfo.ConvertTime(endTime, zone) : start;
        return (stop.Date - start.Date).TotalDays switch
        {
            0 when stop == start => Clock(start),
            0 => $"{Clock(start)} – {Clock(stop)}",
            _ => $"{Clock(start)} – {stop.ToString("ddd", Words)} {Clock(stop)}",
        };
    }

    private static string Clock(DateTimeOffset time) => time.ToString(time.Minute == 0 ? "h tt" : "h:mm tt", Words).ToLowerInvariant();
}
