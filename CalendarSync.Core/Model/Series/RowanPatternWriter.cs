using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.Core.Model.Series;

/// <summary>Writes the repetition of a series as Rowan's screens read it. Today's screens show a series from this JSON and from nothing else.</summary>
public static class RowanPatternWriter
{
    // Programs without a way to say "for ever" write an UNTIL in the year 4500 or 9999.
    private const int NoEnd = 2200;

    /// <summary>Rowan's JSON for a series, with the exclusions and overridden occurrences as its exceptions.</summary>
    /// <param name="series">A series.</param>
    /// <param name="zone">Where days and floating times are meant.</param>
    /// <returns><c>null</c> when the JSON cannot say it; an approximation would be exported as an edit one day.</returns>
    public static string? Write(CalendarEvent series, DateTimeZone zone)
    {
        ArgumentNullException.ThrowIfNull(series);
        if (series.Recurrence is not { Rules: [var text], Dates.IsEmpty: true } || RecurrenceRule.Parse(text) is not { } rule || Members(rule, series.Content.Start) is not { } json)
        {
            return null;
        }

        var start = series.Content.Start;
        var local = SeriesExpander.Local(start);
        var bare = new CalendarEvent(series.Content, new Recurrence([text], [], []), []);
        if (!RuleExpander.Starts(rule, local, start is EventTime.AllDay, local, local.PlusSeconds(1)).Any())
        {
            // Rowan shows what the rule produces; a start beside the rule would vanish.
            return null;
        }

        if (rule.Interval > 1)
        {
            json["interval"] = rule.Interval;
        }

        if (rule.Count is { } count)
        {
            json["end_count"] = count;
        }
        else if (rule.Until is { Local.Year: < NoEnd } until)
        {
            // Not UNTIL itself: the screens show one occurrence more unless the end is the date of an occurrence.
            if (SeriesExpander.Starts(bare, zone, local, until.Local.PlusDays(2)).LastOrDefault() is not { } last)
            {
                return null;
            }

            json["end_date"] = LocalDatePattern.Iso.Format(DateOf(last, zone));
        }

        var exceptions = series.Recurrence.Exclusions
            .Select(e => SeriesExpander.LikeStart(start, e))
            .Concat(series.Overrides.Select(o => o.RecurrenceId))
            .Select(time => DateOf(time, zone))
            .Distinct()
            .Order()
            .ToList();
        if (exceptions.Count > 0)
        {
            json["exceptions"] = Array([.. exceptions.Select(date => (JsonNode)LocalDatePattern.Iso.Format(date))]);
        }

        return json.ToJsonString();
    }

    /// <summary>The date by which Rowan knows an occurrence: of its instant, in UTC.</summary>
    public static LocalDate DateOf(EventTime occurrence, DateTimeZone zone)
    {
        ArgumentNullException.ThrowIfNull(occurrence);
        return occurrence.ToInstant(zone).InUtc().Date;
    }

    private static JsonObject? Members(RecurrenceRule rule, EventTime start)
    {
        var local = SeriesExpander.Local(start);
        if (rule is not { Weeks.IsEmpty: true, YearDays.IsEmpty: true, Hours.IsEmpty: true, Minutes.IsEmpty: true, Seconds.IsEmpty: true }
            || (rule.Count is not null && rule.Until is not null)
            || InMonth(rule) is not { } reduced)
        {
            return null;
        }

        return reduced switch
        {
            { Frequency: RuleFrequency.Daily, Months.IsEmpty: true, MonthDays.IsEmpty: true, Days.IsEmpty: true } => new JsonObject { ["pattern"] = "daily" },

            // "Every working day", as some programs write it.
            { Frequency: RuleFrequency.Daily, Interval: 1, Months.IsEmpty: true, MonthDays.IsEmpty: true } => Weekly(reduced, local),
            { Frequency: RuleFrequency.Weekly, Months.IsEmpty: true, MonthDays.IsEmpty: true } => Weekly(reduced, local),
            { Frequency: RuleFrequency.Monthly, Months.IsEmpty: true, MonthDays.IsEmpty: true, Days.IsEmpty: false } => Nth(reduced),
            { Frequency: RuleFrequency.Monthly, Months.IsEmpty: true, MonthDays.Length: <= 1, Days.IsEmpty: true } when Day(reduced, local) is { } day =>
                new JsonObject { ["pattern"] = "monthly", ["day_of_month"] = day },
            { Frequency: RuleFrequency.Yearly, Months.Length: <= 1, MonthDays.Length: <= 1, Days.IsEmpty: true } when Day(reduced, local) is { } day
                && (!reduced.Months.IsEmpty || reduced.MonthDays.IsEmpty) =>
                new JsonObject { ["pattern"] = "yearly", ["month"] = reduced.Months is [var month] ? month : local.Month, ["day_of_month"] = day },
            _ => null,
        };
    }

    private static int? Day(RecurrenceRule rule, LocalDateTime start) => rule.MonthDays switch
    {
        [] => start.Day,
        [var day and > 0] => day,
        _ => null,
    };

    // Outlook writes the second Friday as BYDAY=FR;BYSETPOS=2.
    private static RecurrenceRule? InMonth(RecurrenceRule rule) => rule switch
    {
        { Positions.IsEmpty: true } => rule,
        { Frequency: RuleFrequency.Monthly, Positions: [var position], Days: [{ Ordinal: 0, Day: var day }], Months.IsEmpty: true, MonthDays.IsEmpty: true } =>
            rule with { Positions = [], Days = [new RuleDay(position, day)] },
        _ => null,
    };

    private static JsonObject? Weekly(RecurrenceRule rule, LocalDateTime start)
    {
        // Rowan's weeks are blocks of seven days from the start. They are the weeks of the rule where no day of the rule lies before the
        // start's in the week, or where every week counts.
        var place = Place(start.DayOfWeek);
        if (rule.Interval > 1 && rule.Days.Any(day => Place(day.Day) < place))
        {
            return null;
        }

        var days = rule.Days.IsEmpty ? [start.DayOfWeek] : rule.Days.Select(day => day.Day).Distinct();
        return new JsonObject { ["pattern"] = "weekly", ["days_of_week"] = Array([.. days.Select(Number).Order().Select(n => (JsonNode)n)]) };

        int Place(IsoDayOfWeek day) => ((int)day - (int)rule.WeekStart + 7) % 7;
    }

    // "The first and third Monday" is a product of weeks and days; "the first Monday and the second Friday" is not.
    private static JsonObject? Nth(RecurrenceRule rule)
    {
        var weeks = rule.Days.Select(day => day.Ordinal).Distinct().Order().ToList();
        var days = rule.Days.Select(day => day.Day).Distinct().ToList();
        return weeks.All(week => week is >= 1 and <= 5) && weeks.Count * days.Count == rule.Days.Length
            ? new JsonObject
            {
                ["pattern"] = "monthly",
                ["week_of_month"] = Array([.. weeks.Select(week => (JsonNode)week)]),
                ["days_of_week"] = Array([.. days.Select(Number).Order().Select(n => (JsonNode)n)]),
            }
            : null;
    }

    // Sunday is 0.
    private static int Number(IsoDayOfWeek day) => (int)day % 7;

    private static JsonArray Array(JsonNode[] values) => new([.. values]);
}
