using CalendarSync.Core.Model.Series;
using NodaTime;

namespace CalendarSync.UnitTests.Model.Series;

/// <summary>
/// Expands a rule in the plainest way: looks at every day from the start on, sorts the days into periods, and asks the wording of RFC 5545
/// about each. Slow, and for the frequencies from a day up.
/// </summary>
internal static class SimpleExpander
{
    public static List<LocalDateTime> Expand(string text, LocalDateTime start, LocalDateTime to)
    {
        var rule = RecurrenceRule.Parse(text)!;

        // Whole periods, so that BYSETPOS counts from their ends.
        var first = rule.Frequency switch
        {
            RuleFrequency.Yearly => new LocalDate(start.Year, 1, 1),
            RuleFrequency.Monthly => new LocalDate(start.Year, start.Month, 1),
            RuleFrequency.Weekly => Week(start.Date, rule.WeekStart),
            _ => start.Date,
        };
        var periods = new SortedDictionary<int, List<LocalDate>>();
        for (var date = first; date < to.Date.PlusYears(1).PlusDays(31); date = date.PlusDays(1))
        {
            var period = rule.Frequency switch
            {
                RuleFrequency.Yearly => date.Year - first.Year,
                RuleFrequency.Monthly => ((date.Year - first.Year) * 12) + date.Month - first.Month,
                RuleFrequency.Weekly => Period.DaysBetween(first, date) / 7,
                _ => Period.DaysBetween(first, date),
            };
            if (period % rule.Interval == 0 && IsIn(rule, start.Date, date))
            {
                if (!periods.TryGetValue(period, out var dates))
                {
                    periods[period] = dates = [];
                }

                dates.Add(date);
            }
        }

        IEnumerable<LocalDateTime> all = periods.Values
            .SelectMany(dates => rule.Positions.IsEmpty ? (IEnumerable<LocalDate>)dates : rule.Positions.Where(p => Math.Abs(p) <= dates.Count).Select(p => p > 0 ? dates[p - 1] : dates[^-p]).Distinct().Order())
            .Select(date => date.At(start.TimeOfDay))
            .Where(time => time >= start && (rule.Until is not { } until || time <= until.Local));
        return [.. all.Take(rule.Count ?? int.MaxValue).Where(time => time < to)];
    }

    private static LocalDate Week(LocalDate date, IsoDayOfWeek first) => date.DayOfWeek == first ? date : date.Previous(first);

    private static bool IsIn(RecurrenceRule rule, LocalDate start, LocalDate date)
    {
        if (rule.Months.Length > 0 && !rule.Months.Contains(date.Month))
        {
            return false;
        }

        var last = date.With(DateAdjusters.EndOfMonth).Day;
        if (rule.MonthDays.Length > 0 && !rule.MonthDays.Any(n => (n > 0 ? n : last + 1 + n) == date.Day))
        {
            return false;
        }

        if (rule.Days.Length > 0)
        {
            return rule.Days.Any(day => day.Day == date.DayOfWeek && (day.Ordinal == 0 || Nth(rule, date, day)));
        }

        return rule.MonthDays.Length > 0 || rule.Frequency switch
        {
            RuleFrequency.Yearly => date.Day == start.Day && (rule.Months.Length > 0 || date.Month == start.Month),
            RuleFrequency.Monthly => date.Day == start.Day,
            RuleFrequency.Weekly => date.DayOfWeek == start.DayOfWeek,
            _ => true,
        };
    }

    private static bool Nth(RecurrenceRule rule, LocalDate date, RuleDay day)
    {
        var (from, to) = rule.Frequency == RuleFrequency.Monthly || rule.Months.Length > 0
            ? (date.With(DateAdjusters.StartOfMonth), date.With(DateAdjusters.EndOfMonth))
            : (new LocalDate(date.Year, 1, 1), new LocalDate(date.Year, 12, 31));
        List<LocalDate> all = [];
        for (var d = from; d <= to; d = d.PlusDays(1))
        {
            if (d.DayOfWeek == day.Day)
            {
                all.Add(d);
            }
        }

        var index = day.Ordinal > 0 ? day.Ordinal - 1 : all.Count + day.Ordinal;
        return index >= 0 && index < all.Count && all[index] == date;
    }
}
