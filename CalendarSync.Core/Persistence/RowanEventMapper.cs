using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>
/// Between Rowan's row and the model. Rowan holds instants and a zone beside them: a wall time is the instant seen from that zone. It
/// cannot hold floating times or two zones in one event; those become times in one zone here, and stay what they are outside.
/// </summary>
public static class RowanEventMapper
{
    /// <summary>What a row says.</summary>
    /// <param name="row">The row.</param>
    /// <param name="readerZone">The zone of the people who look at it: Rowan's form stores "UTC" where nobody chose a zone.</param>
    public static CalendarEvent Read(RowanEventRow row, DateTimeZone readerZone)
    {
        var zone = TimeZones.Find(row.Timezone) ?? DateTimeZone.Utc;
        var (start, end) = ReadTimes(row, zone, readerZone);
        var content = new EventContent(row.Title, NullIfEmpty(row.Description), NullIfEmpty(row.Location), start, end, NullIfEmpty(row.CustomColor));

        // Rowan's dialects of a rule stand here untranslated: no provider syncs series yet, and a rule must not be lost on the way.
        return row.IsRecurring
            ? new CalendarEvent(content, new Recurrence([row.RecurrencePattern ?? ""], [], []), [])
            : new CalendarEvent(content);
    }

    /// <summary>The row after an external event has been written to it.</summary>
    /// <param name="row">The row as it is, or a new one with its id, space and source.</param>
    /// <param name="calendarEvent">A single event.</param>
    /// <param name="readerZone">The zone for days and floating times.</param>
    /// <param name="withColor">The provider holds colours, so its colour, or lack of one, counts.</param>
    public static RowanEventRow Write(RowanEventRow row, CalendarEvent calendarEvent, DateTimeZone readerZone, bool withColor)
    {
        var content = calendarEvent.Content;
        var zone = content.Start is EventTime.Zoned zoned ? TimeZones.Get(zoned.ZoneId) : readerZone;
        var start = content.Start.ToInstant(zone);
        return row with
        {
            Title = Storable(content.Title) ?? "",
            Description = Storable(content.Description),
            Location = Storable(content.Location),
            StartTime = start,
            EndTime = Instant.Max(start, content.End.ToInstant(zone)),
            AllDay = content.Start is EventTime.AllDay,
            Timezone = zone.Id,
            CustomColor = withColor ? content.Color : row.CustomColor,
            DeletedAt = null,
        };
    }

    /// <summary>The zone whose midnights bound the days of a row.</summary>
    public static DateTimeZone DayZone(RowanEventRow row, DateTimeZone readerZone)
    {
        var zone = TimeZones.Find(row.Timezone) ?? DateTimeZone.Utc;
        return zone == DateTimeZone.Utc && !row.AllDay ? readerZone : zone;
    }

    private static (EventTime Start, EventTime End) ReadTimes(RowanEventRow row, DateTimeZone zone, DateTimeZone readerZone)
    {
        var dayZone = DayZone(row, readerZone);
        var (startDay, endDay) = (row.StartTime.InZone(dayZone).LocalDateTime, (row.EndTime ?? row.StartTime).InZone(dayZone).LocalDateTime);

        // Rowan's screens take an event for all-day when it has no end, or runs from midnight to midnight.
        var wholeDays = startDay.TimeOfDay == LocalTime.Midnight && endDay.TimeOfDay == LocalTime.Midnight && endDay > startDay;
        if (row.AllDay || row.EndTime is null || wholeDays)
        {
            // Some of Rowan's rows end at 23:59:59: the day that they end in is still theirs.
            var end = endDay.TimeOfDay == LocalTime.Midnight ? endDay.Date : endDay.Date.PlusDays(1);
            return (new EventTime.AllDay(startDay.Date), new EventTime.AllDay(LocalDate.Max(end, startDay.Date.PlusDays(1))));
        }

        return (Wall(row.StartTime, zone), Wall(Instant.Max(row.StartTime, row.EndTime.Value), zone));
    }

    private static EventTime.Zoned Wall(Instant instant, DateTimeZone zone) =>
        new(instant.InZone(zone).LocalDateTime.With(TimeAdjusters.TruncateToSecond), zone.Id);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    // Postgres text holds every character but NUL.
    private static string? Storable(string? text) => NullIfEmpty(text?.Replace("\0", "", StringComparison.Ordinal));
}
