using System.Collections.Immutable;
using NodaTime;

namespace CalendarSync.Core.Model.Series;

/// <summary>
/// The wall times that a rule produces, in their order. Wall time only: whoever has a zone turns them into instants, so a series never
/// moves by an hour over DST (scenario 41).
/// </summary>
/// <remarks>
/// Bounded whatever the rule says: it ends at the window's end, begins near its beginning unless COUNT makes it count from the start, and
/// gives up after <see cref="MaxPeriods"/> periods.
/// </remarks>
internal sealed class RuleExpander
{
    /// <summary>The most periods that are looked at: 500 years of days. Only a high COUNT of a rule within the day reaches it.</summary>
    public const int MaxPeriods = 200_000;

    private readonly RecurrenceRule _rule;
    private readonly RuleDates _dates;
    private readonly LocalDateTime _start;
    private readonly ImmutableArray<LocalTime> _times;

    private RuleExpander(RecurrenceRule rule, LocalDateTime start, bool wholeDays)
    {
        // A day has no hours: BYHOUR and the like mean nothing to it (RFC 5545, 3.3.10).
        _rule = wholeDays ? rule with { Hours = [], Minutes = [], Seconds = [] } : rule;
        _dates = new RuleDates(_rule, start.Date);
        _start = start;
        _times = [.. Times()];
    }

    /// <summary>Starts from <paramref name="from"/> on and before <paramref name="to"/>. The end of the rule by UNTIL is the caller's.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="start">The start of the series. It is not added where the rule itself does not produce it.</param>
    /// <param name="wholeDays">The series is of days.</param>
    /// <param name="from">Inclusive.</param>
    /// <param name="to">Exclusive.</param>
    public static IEnumerable<LocalDateTime> Starts(RecurrenceRule rule, LocalDateTime start, bool wholeDays, LocalDateTime from, LocalDateTime to)
    {
        if (wholeDays && rule.Frequency < RuleFrequency.Daily)
        {
            return [];
        }

        return new RuleExpander(rule, start, wholeDays).Starts(from, to);
    }

    private IEnumerable<LocalDateTime> Starts(LocalDateTime from, LocalDateTime to)
    {
        var left = _rule.Count ?? int.MaxValue;
        var period = _rule.Count is null && from > _start ? Math.Max(0, PeriodOf(from) - 1) : 0;
        for (var looked = 0; looked < MaxPeriods; looked++)
        {
            var begin = BeginOf(period);
            if (begin >= to)
            {
                yield break;
            }

            var (found, next) = Look(begin, period);
            foreach (var time in found)
            {
                if (time < _start)
                {
                    continue;
                }

                if (time >= to || left-- == 0)
                {
                    yield break;
                }

                if (time >= from)
                {
                    yield return time;
                }
            }

            period = next;
        }
    }

    /// <summary>The number of the last period that begins at or before a time.</summary>
    private long PeriodOf(LocalDateTime time) => _rule.Frequency switch
    {
        RuleFrequency.Yearly => (time.Year - _start.Year) / _rule.Interval,
        RuleFrequency.Monthly => (((time.Year - _start.Year) * 12L) + time.Month - _start.Month) / _rule.Interval,
        RuleFrequency.Weekly => Period.DaysBetween(WeekOf(_start.Date), time.Date) / (7L * _rule.Interval),
        RuleFrequency.Daily => Period.DaysBetween(_start.Date, time.Date) / _rule.Interval,
        _ => SecondsBetween(Truncated, time) / (UnitSeconds * _rule.Interval),
    };

    private LocalDateTime BeginOf(long period)
    {
        // Far beyond every window; NodaTime itself ends at the year 9999.
        var steps = period * _rule.Interval;
        switch (_rule.Frequency)
        {
            case RuleFrequency.Yearly:
                return _start.Year + steps > 9998 ? End : new LocalDateTime((int)(_start.Year + steps), 1, 1, 0, 0);
            case RuleFrequency.Monthly:
                var month = (_start.Year * 12L) + _start.Month - 1 + steps;
                return month / 12 > 9998 ? End : new LocalDateTime((int)(month / 12), (int)(month % 12) + 1, 1, 0, 0);
            case RuleFrequency.Weekly:
                return steps > 500_000 ? End : Add(WeekOf(_start.Date).AtMidnight(), steps * 7 * 86_400L);
            case RuleFrequency.Daily:
                return Add(_start.Date.AtMidnight(), steps * 86_400L);
            default:
                return Add(Truncated, steps * UnitSeconds);
        }
    }

    /// <summary>What lies in a period, and the period to look at next.</summary>
    private (List<LocalDateTime> Found, long Next) Look(LocalDateTime begin, long period)
    {
        if (_rule.Frequency < RuleFrequency.Daily)
        {
            return LookWithinDay(begin, period);
        }

        var days = _rule.Frequency switch
        {
            RuleFrequency.Yearly => CalendarSystem.Iso.GetDaysInYear(begin.Year),
            RuleFrequency.Monthly => CalendarSystem.Iso.GetDaysInMonth(begin.Year, begin.Month),
            RuleFrequency.Weekly => 7,
            _ => 1,
        };
        List<LocalDateTime> found = [];
        for (var i = 0; i < days; i++)
        {
            var date = begin.Date.PlusDays(i);
            if (_dates.Allows(date))
            {
                found.AddRange(_times.Select(time => date.At(time)));
            }
        }

        return (AtPositions(found), period + 1);
    }

    // An hour, minute or second that cannot hold an occurrence is passed over together with its whole day, hour or minute.
    private (List<LocalDateTime> Found, long Next) LookWithinDay(LocalDateTime begin, long period)
    {
        if (!_dates.Allows(begin.Date))
        {
            return ([], First(begin.Date.AtMidnight().PlusDays(1)));
        }

        if (!_rule.Hours.IsEmpty && !_rule.Hours.Contains(begin.Hour))
        {
            return ([], First(begin.Date.At(new LocalTime(begin.Hour, 0)).PlusHours(1)));
        }

        if (_rule.Frequency < RuleFrequency.Hourly && !_rule.Minutes.IsEmpty && !_rule.Minutes.Contains(begin.Minute))
        {
            return ([], First(begin.Date.At(new LocalTime(begin.Hour, begin.Minute)).PlusMinutes(1)));
        }

        if (_rule.Frequency == RuleFrequency.Secondly && !_rule.Seconds.IsEmpty && !_rule.Seconds.Contains(begin.Second))
        {
            return ([], period + 1);
        }

        IEnumerable<int> minutes = _rule.Frequency == RuleFrequency.Hourly ? OrElse(_rule.Minutes, _start.Minute) : [begin.Minute];
        var seconds = _rule.Frequency == RuleFrequency.Secondly ? [begin.Second] : OrElse(_rule.Seconds, _start.Second);
        List<LocalDateTime> found =
            [.. from minute in minutes from second in seconds where second < 60 select begin.Date.At(new LocalTime(begin.Hour, minute, second))];
        return (AtPositions(found), period + 1);

        long First(LocalDateTime time)
        {
            var unit = UnitSeconds * _rule.Interval;
            return Math.Max(period + 1, (SecondsBetween(Truncated, time) + unit - 1) / unit);
        }
    }

    private List<LocalDateTime> AtPositions(List<LocalDateTime> found) => _rule.Positions.IsEmpty
        ? found
        : [.. found.Where((_, i) => _rule.Positions.Contains(i + 1) || _rule.Positions.Contains(i - found.Count))];

    private IEnumerable<LocalTime> Times() =>
        from hour in OrElse(_rule.Hours, _start.Hour)
        from minute in OrElse(_rule.Minutes, _start.Minute)
        from second in OrElse(_rule.Seconds, _start.Second)
        where second < 60 // A leap second, which NodaTime does not know.
        select new LocalTime(hour, minute, second);

    private LocalDate WeekOf(LocalDate date) => date.PlusDays(-(((int)date.DayOfWeek - (int)_rule.WeekStart + 7) % 7));

    private long UnitSeconds => _rule.Frequency switch
    {
        RuleFrequency.Hourly => 3600,
        RuleFrequency.Minutely => 60,
        _ => 1,
    };

    // The beginning of the period that holds the start, of a rule within the day.
    private LocalDateTime Truncated => _rule.Frequency switch
    {
        RuleFrequency.Hourly => _start.Date.At(new LocalTime(_start.Hour, 0)),
        RuleFrequency.Minutely => _start.Date.At(new LocalTime(_start.Hour, _start.Minute)),
        _ => _start,
    };

    private static LocalDateTime End { get; } = new(9999, 1, 1, 0, 0);

    private static LocalDateTime Add(LocalDateTime time, long seconds) =>
        seconds > SecondsBetween(time, End) ? End : time.PlusSeconds(seconds);

    private static long SecondsBetween(LocalDateTime from, LocalDateTime to) => Period.Between(from, to, PeriodUnits.Seconds).Seconds;

    private static ImmutableArray<int> OrElse(ImmutableArray<int> values, int fallback) => values.IsEmpty ? [fallback] : values;
}
