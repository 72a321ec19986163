using System.Collections.Immutable;
using CalendarSync.Core.Model;
using CalendarSync.Core.Model.Series;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>
/// Between Rowan's rows of a series and the one event that they are. Rowan knows an occurrence by a date only: the date in UTC of its
/// instant, off which its screens cut it. A date that is none of these, but the day of an occurrence in the zone of the series, is taken
/// for that, because whoever fills <c>recurring_event_exceptions</c> by hand will mean the day.
/// </summary>
public static class RowanSeriesMapper
{
    /// <summary>What the rows say. A pattern that cannot be understood repeats nothing.</summary>
    /// <param name="rows">The rows of one event.</param>
    /// <param name="readerZone">See <see cref="RowanEventMapper.Read"/>.</param>
    public static CalendarEvent Read(SeriesRows rows, DateTimeZone readerZone)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var content = RowanEventMapper.Read(rows.Master with { IsRecurring = false }, readerZone).Content;
        var zone = RowanEventMapper.DayZone(rows.Master, readerZone);
        if (!rows.Master.IsRecurring || RowanPattern.Read(rows.Master.RecurrencePattern, content.Start, zone) is not { } pattern)
        {
            return new CalendarEvent(content);
        }

        var series = FromFirstOccurrence(new CalendarEvent(content, new Recurrence(pattern.Rules, pattern.Dates, pattern.Exclusions), []), zone);
        var overrides = ImmutableArray.CreateBuilder<EventOverride>();
        var exclusions = pattern.Exclusions.ToBuilder();
        foreach (var exception in rows.Exceptions)
        {
            if (exception.ModifiedEventId is { } id && rows.Instances.GetValueOrDefault(id) is { DeletedAt: null } instance)
            {
                overrides.Add(new EventOverride(Occurrences(series, exception.ExceptionDate, zone)[0], RowanEventMapper.Read(instance with { IsRecurring = false }, readerZone).Content));
            }
            else
            {
                exclusions.AddRange(Occurrences(series, exception.ExceptionDate, zone));
            }
        }

        var overridden = overrides.Select(o => o.RecurrenceId).ToHashSet();
        exclusions.AddRange(pattern.Exceptions.SelectMany(date => Occurrences(series, date, zone)).Where(id => !overridden.Contains(id)));
        return series with
        {
            Recurrence = series.Recurrence! with { Exclusions = [.. exclusions.Distinct().OrderBy(SeriesExpander.Local)] },
            Overrides = [.. overrides.DistinctBy(o => o.RecurrenceId).OrderBy(o => SeriesExpander.Local(o.RecurrenceId))],
        };
    }

    // The occurrences on a date, of which a series has one as a rule; where it has none, the one that would be there.
    private static ImmutableArray<EventTime> Occurrences(CalendarEvent series, LocalDate date, DateTimeZone zone)
    {
        var near = SeriesExpander.Starts(series, zone, date.AtMidnight().PlusDays(-2), date.AtMidnight().PlusDays(3)).ToList();
        ImmutableArray<EventTime> byInstant = [.. near.Where(time => RowanPatternWriter.DateOf(time, zone) == date)];
        ImmutableArray<EventTime> byDay = [.. near.Where(time => SeriesExpander.Local(time).Date == date)];
        var start = series.Content.Start;
        return !byInstant.IsEmpty ? byInstant
            : !byDay.IsEmpty ? byDay
            : [SeriesExpander.At(start, date.At(SeriesExpander.Local(start).TimeOfDay))];
    }

    // Rowan's form takes "every Monday" from a Friday on. Elsewhere the start is an occurrence (RFC 5545, 3.8.5.3), so it moves to the first.
    private static CalendarEvent FromFirstOccurrence(CalendarEvent series, DateTimeZone zone)
    {
        var local = SeriesExpander.Local(series.Content.Start);
        if (series.Recurrence is not { Rules: [var text], Dates.IsEmpty: true } || RecurrenceRule.Parse(text) is not { } rule
            || RuleExpander.Starts(rule, local, series.Content.Start is EventTime.AllDay, local, local.PlusYears(20)).Select(time => (LocalDateTime?)time).FirstOrDefault() is not { } first)
        {
            return series;
        }

        var later = SeriesExpander.At(series.Content, SeriesExpander.At(series.Content.Start, first), zone);
        return series with { Content = later };
    }
}
