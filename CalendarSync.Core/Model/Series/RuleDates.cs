using NodaTime;
using NodaTime.Calendars;

namespace CalendarSync.Core.Model.Series;

/// <summary>
/// Which dates a rule allows. Every BY… part of a date is a condition on the days of a period, whether RFC 5545's table (3.3.10) calls
/// it expanding or limiting: a part that is missing takes its value from the start.
/// </summary>
internal sealed class RuleDates
{
    private readonly RecurrenceRule _rule;
    private readonly LocalDate _start;
    private readonly IWeekYearRule _weeks;
    private readonly bool _ofMonth;
    private readonly bool _needsMonth;
    private readonly bool _needsMonthDay;
    private readonly bool _needsWeekday;
    private readonly bool _ordinals;

    public RuleDates(RecurrenceRule rule, LocalDate start)
    {
        _rule = rule;
        _start = start;
        _weeks = WeekYearRules.ForMinDaysInFirstWeek(4, rule.WeekStart);
        var bare = rule.Weeks.IsEmpty && rule.YearDays.IsEmpty && rule.MonthDays.IsEmpty && rule.Days.IsEmpty;
        _needsMonth = rule.Frequency == RuleFrequency.Yearly && bare && rule.Months.IsEmpty;
        _needsMonthDay = rule.Frequency is RuleFrequency.Yearly or RuleFrequency.Monthly && bare;
        _needsWeekday = rule.Days.IsEmpty
            && ((rule.Frequency == RuleFrequency.Weekly && bare)
                || (!rule.Weeks.IsEmpty && rule.MonthDays.IsEmpty && rule.YearDays.IsEmpty));

        // "The second Tuesday" is one of the month, or of the year where no month is named; elsewhere a number before the day means nothing.
        _ordinals = rule.Frequency is RuleFrequency.Yearly or RuleFrequency.Monthly && rule.Weeks.IsEmpty;
        _ofMonth = rule.Frequency == RuleFrequency.Monthly || !rule.Months.IsEmpty;
    }

    /// <summary>Whether an occurrence may lie on this day.</summary>
    public bool Allows(LocalDate date) =>
        (_rule.Months.IsEmpty || _rule.Months.Contains(date.Month))
        && (!_needsMonth || date.Month == _start.Month)
        && (!_needsMonthDay || date.Day == _start.Day)
        && (!_needsWeekday || date.DayOfWeek == _start.DayOfWeek)
        && (_rule.Weeks.IsEmpty || InWeek(date))
        && Allows(_rule.YearDays, date.DayOfYear, CalendarSystem.Iso.GetDaysInYear(date.Year))
        && Allows(_rule.MonthDays, date.Day, CalendarSystem.Iso.GetDaysInMonth(date.Year, date.Month))
        && (_rule.Days.IsEmpty || OnDay(date));

    private static bool Allows(IEnumerable<int> numbers, int number, int last)
    {
        var any = false;
        foreach (var wanted in numbers)
        {
            if (wanted == number || wanted == number - last - 1)
            {
                return true;
            }

            any = true;
        }

        return !any;
    }

    private bool InWeek(LocalDate date)
    {
        var year = _weeks.GetWeekYear(date);
        return Allows(_rule.Weeks, _weeks.GetWeekOfWeekYear(date), _weeks.GetWeeksInWeekYear(year, CalendarSystem.Iso));
    }

    private bool OnDay(LocalDate date)
    {
        foreach (var (ordinal, day) in _rule.Days)
        {
            if (day == date.DayOfWeek && (ordinal == 0 || !_ordinals || ordinal == OrdinalOf(date, ordinal > 0)))
            {
                return true;
            }
        }

        return false;
    }

    // The how-manieth of its weekday a day is, counted from the front or from the back.
    private int OrdinalOf(LocalDate date, bool fromFront)
    {
        var (number, last) = _ofMonth
            ? (date.Day, CalendarSystem.Iso.GetDaysInMonth(date.Year, date.Month))
            : (date.DayOfYear, CalendarSystem.Iso.GetDaysInYear(date.Year));
        return fromFront ? ((number - 1) / 7) + 1 : -(((last - number) / 7) + 1);
    }
}
