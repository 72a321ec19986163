using System.Collections.Immutable;
using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.Core.Model.Series;

/// <summary>FREQ of a rule, from the finest to the coarsest.</summary>
public enum RuleFrequency
{
    /// <summary>Every second.</summary>
    Secondly,

    /// <summary>Every minute.</summary>
    Minutely,

    /// <summary>Every hour.</summary>
    Hourly,

    /// <summary>Every day.</summary>
    Daily,

    /// <summary>Every week.</summary>
    Weekly,

    /// <summary>Every month.</summary>
    Monthly,

    /// <summary>Every year.</summary>
    Yearly,
}

/// <summary>A part of BYDAY: <c>FR</c>, or <c>-1FR</c> for the last Friday.</summary>
/// <param name="Ordinal">0 = every such day of the period.</param>
/// <param name="Day">The day of the week.</param>
public readonly record struct RuleDay(int Ordinal, IsoDayOfWeek Day);

/// <summary>UNTIL of a rule, inclusive.</summary>
/// <param name="Local">As it is written.</param>
/// <param name="IsDate">Written as a date.</param>
/// <param name="IsUtc">Written with a "Z", as it must be where the series has a zone (RFC 5545, 3.3.10; scenario 34).</param>
public readonly record struct RuleUntil(LocalDateTime Local, bool IsDate, bool IsUtc);

/// <summary>An RRULE value, taken apart (RFC 5545, section 3.3.10).</summary>
public sealed record RecurrenceRule
{
    private static readonly string[] DayNames = ["", "MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    private static readonly LocalDatePattern Date = LocalDatePattern.CreateWithInvariantCulture("uuuuMMdd");
    private static readonly LocalDateTimePattern Time = LocalDateTimePattern.CreateWithInvariantCulture("uuuuMMdd'T'HHmmss");

    /// <summary>FREQ.</summary>
    public required RuleFrequency Frequency { get; init; }

    /// <summary>INTERVAL, at least 1.</summary>
    public int Interval { get; init; } = 1;

    /// <summary>COUNT, at least 1.</summary>
    public int? Count { get; init; }

    /// <summary>UNTIL.</summary>
    public RuleUntil? Until { get; init; }

    /// <summary>BYMONTH.</summary>
    public ImmutableArray<int> Months { get; init; } = [];

    /// <summary>BYWEEKNO, negative from the end of the year.</summary>
    public ImmutableArray<int> Weeks { get; init; } = [];

    /// <summary>BYYEARDAY, negative from the end of the year.</summary>
    public ImmutableArray<int> YearDays { get; init; } = [];

    /// <summary>BYMONTHDAY, negative from the end of the month.</summary>
    public ImmutableArray<int> MonthDays { get; init; } = [];

    /// <summary>BYDAY.</summary>
    public ImmutableArray<RuleDay> Days { get; init; } = [];

    /// <summary>BYHOUR.</summary>
    public ImmutableArray<int> Hours { get; init; } = [];

    /// <summary>BYMINUTE.</summary>
    public ImmutableArray<int> Minutes { get; init; } = [];

    /// <summary>BYSECOND.</summary>
    public ImmutableArray<int> Seconds { get; init; } = [];

    /// <summary>BYSETPOS, negative from the end of the period.</summary>
    public ImmutableArray<int> Positions { get; init; } = [];

    /// <summary>WKST.</summary>
    public IsoDayOfWeek WeekStart { get; init; } = IsoDayOfWeek.Monday;

    /// <summary>The two letters of a day of the week.</summary>
    public static string NameOf(IsoDayOfWeek day) => DayNames[(int)day];

    /// <summary>Reads a value such as <c>FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20301231T225959Z</c>. Parts of other standards are passed over.</summary>
    /// <returns><c>null</c> when it is no rule that can be expanded.</returns>
    public static RecurrenceRule? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in text.Trim().ToUpperInvariant().Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.Split('=', 2) is not [var name, var value] || !parts.TryAdd(name, value))
            {
                return null;
            }
        }

        // A calendar other than the Gregorian one (RFC 7529) would be expanded to wrong days.
        return parts.GetValueOrDefault("RSCALE", "GREGORIAN") == "GREGORIAN" ? new Reading(parts).Rule() : null;
    }

    /// <summary>The value as RFC 5545 writes it; parts that say nothing are left out.</summary>
    public override string ToString()
    {
        List<string> parts = [$"FREQ={Frequency.ToString().ToUpperInvariant()}"];
        if (Interval != 1)
        {
            parts.Add($"INTERVAL={Interval.ToString(CultureInfo.InvariantCulture)}");
        }

        if (Until is { } until)
        {
            parts.Add("UNTIL=" + (until.IsDate ? Date.Format(until.Local.Date) : Time.Format(until.Local) + (until.IsUtc ? "Z" : "")));
        }

        if (Count is { } count)
        {
            parts.Add($"COUNT={count.ToString(CultureInfo.InvariantCulture)}");
        }

        Add("BYMONTH", Months);
        Add("BYWEEKNO", Weeks);
        Add("BYYEARDAY", YearDays);
        Add("BYMONTHDAY", MonthDays);
        Add("BYDAY", Days.Select(day => (day.Ordinal == 0 ? "" : day.Ordinal.ToString(CultureInfo.InvariantCulture)) + NameOf(day.Day)));
        Add("BYHOUR", Hours);
        Add("BYMINUTE", Minutes);
        Add("BYSECOND", Seconds);
        Add("BYSETPOS", Positions);
        if (WeekStart != IsoDayOfWeek.Monday)
        {
            parts.Add("WKST=" + NameOf(WeekStart));
        }

        return string.Join(';', parts);

        void Add<T>(string name, IEnumerable<T> values)
        {
            var text = string.Join(',', values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)));
            if (text.Length > 0)
            {
                parts.Add($"{name}={text}");
            }
        }
    }

    /// <summary>The parts of a rule while they are read; one that is out of its range spoils the rule.</summary>
    private sealed class Reading(Dictionary<string, string> parts)
    {
        private bool _good = true;

        public RecurrenceRule? Rule()
        {
            // Enum.Parse would take numbers too.
            var name = parts.GetValueOrDefault("FREQ");
            var frequency = Enum.GetValues<RuleFrequency>().Select(f => (RuleFrequency?)f).FirstOrDefault(f => string.Equals(f.ToString(), name, StringComparison.OrdinalIgnoreCase));
            if (frequency is null)
            {
                return null;
            }

            var rule = new RecurrenceRule
            {
                Frequency = frequency.Value,
                Interval = Number("INTERVAL", 1, 100_000) ?? 1,
                Count = Number("COUNT", 1, int.MaxValue),
                Until = ReadUntil(),
                Months = Numbers("BYMONTH", 1, 12, signed: false),
                Weeks = Numbers("BYWEEKNO", 1, 53, signed: true),
                YearDays = Numbers("BYYEARDAY", 1, 366, signed: true),
                MonthDays = Numbers("BYMONTHDAY", 1, 31, signed: true),
                Days = ReadDays(),
                Hours = Numbers("BYHOUR", 0, 23, signed: false),
                Minutes = Numbers("BYMINUTE", 0, 59, signed: false),
                Seconds = Numbers("BYSECOND", 0, 60, signed: false),
                Positions = Numbers("BYSETPOS", 1, 366, signed: true),
                WeekStart = ReadWeekStart(),
            };
            return _good ? rule : null;
        }

        private int? Number(string name, int low, int high) => parts.TryGetValue(name, out var text) ? Checked(text, low, high, signed: false) : null;

        private ImmutableArray<int> Numbers(string name, int low, int high, bool signed) => parts.TryGetValue(name, out var text)
            ? [.. text.Split(',').Select(value => Checked(value, low, high, signed)).Distinct().Order()]
            : [];

        private int Checked(string text, int low, int high, bool signed)
        {
            var isNumber = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value);
            _good &= isNumber && Math.Abs((long)value) >= low && Math.Abs((long)value) <= high && (signed || value >= 0);
            return value;
        }

        private RuleUntil? ReadUntil()
        {
            if (!parts.TryGetValue("UNTIL", out var text))
            {
                return null;
            }

            if (Date.Parse(text) is { Success: true, Value: var date })
            {
                return new RuleUntil(date.AtMidnight(), IsDate: true, IsUtc: false);
            }

            var time = Time.Parse(text.TrimEnd('Z'));
            _good &= time.Success;
            return time.Success ? new RuleUntil(time.Value, IsDate: false, IsUtc: text.EndsWith('Z')) : null;
        }

        private ImmutableArray<RuleDay> ReadDays() => parts.TryGetValue("BYDAY", out var text)
            ? [.. text.Split(',', StringSplitOptions.TrimEntries).Select(ReadDay).Distinct().OrderBy(day => day.Day).ThenBy(day => day.Ordinal)]
            : [];

        private RuleDay ReadDay(string text)
        {
            var day = text.Length >= 2 ? Array.IndexOf(DayNames, text[^2..]) : -1;
            _good &= day > 0;
            var ordinal = text.Length > 2 ? Checked(text[..^2], 1, 53, signed: true) : 0;
            return new RuleDay(ordinal, (IsoDayOfWeek)Math.Max(day, 1));
        }

        private IsoDayOfWeek ReadWeekStart()
        {
            var day = Array.IndexOf(DayNames, parts.GetValueOrDefault("WKST", "MO"));
            _good &= day > 0;
            return (IsoDayOfWeek)Math.Max(day, 1);
        }
    }
}
