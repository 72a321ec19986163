using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.Core.Model.Series;

/// <summary>A value of <c>events.recurrence_pattern</c>, understood.</summary>
/// <param name="Rules">As RRULE values; none in a text that lists dates only.</param>
/// <param name="Dates">RDATE, of the iCalendar dialect.</param>
/// <param name="Exclusions">EXDATE, of the iCalendar dialect.</param>
/// <param name="Exceptions">
/// Dates on which Rowan leaves the occurrence out: the date in UTC of its instant, because Rowan's screens cut it off its timestamp.
/// </param>
public sealed record RowanPattern(
    ImmutableArray<string> Rules, ImmutableArray<EventTime> Dates, ImmutableArray<EventTime> Exclusions, ImmutableArray<LocalDate> Exceptions)
{
    private static readonly IsoDayOfWeek[] Days =
    [
        IsoDayOfWeek.Sunday, IsoDayOfWeek.Monday, IsoDayOfWeek.Tuesday, IsoDayOfWeek.Wednesday, IsoDayOfWeek.Thursday, IsoDayOfWeek.Friday, IsoDayOfWeek.Saturday,
    ];

    private static readonly LocalDateTimePattern UntilTime = LocalDateTimePattern.CreateWithInvariantCulture("uuuuMMdd'T'HHmmss");
    private static readonly LocalDatePattern UntilDate = LocalDatePattern.CreateWithInvariantCulture("uuuuMMdd");

    /// <summary>
    /// Reads any of the dialects that Rowan's rows hold: words (<c>daily</c>, <c>biweekly</c>), <c>weekly:1,3</c>, <c>monthly:1,15</c>, the
    /// JSON of Rowan's series (<c>{"pattern":"weekly","interval":2,"days_of_week":[1],"exceptions":["2026-03-10"]}</c>), the JSON of its
    /// Outlook import (<c>{"type":"weekly","daysOfWeek":["monday"]}</c>), and iCalendar (<c>FREQ=…</c>, or lines of RRULE, RDATE, EXDATE).
    /// </summary>
    /// <param name="pattern">The value of the column.</param>
    /// <param name="start">The start of the row, from which a rule takes what it does not say.</param>
    /// <param name="zone">Where the days of an all-day series begin.</param>
    /// <returns><c>null</c> when it cannot be understood, or says that nothing is repeated.</returns>
    public static RowanPattern? Read(string? pattern, EventTime start, DateTimeZone zone)
    {
        var text = pattern?.Trim().Trim('"') ?? "";
        if (text.StartsWith('{'))
        {
            return ReadJson(text, start, zone);
        }

        if (text.Contains("FREQ=", StringComparison.OrdinalIgnoreCase) || text.Contains("RDATE", StringComparison.OrdinalIgnoreCase))
        {
            return ReadICalendar(text);
        }

        var (word, list) = text.ToLowerInvariant().Split(':', 2) switch
        {
            [var first, var second] => (first.Trim(), second),
            var parts => (parts[0], null),
        };
        if (Numbers(list) is not { } numbers)
        {
            return null;
        }

        return word switch
        {
            "daily" => Of(new RecurrenceRule { Frequency = RuleFrequency.Daily }),
            "weekly" when numbers.All(n => n is >= 0 and <= 6) => Of(new RecurrenceRule { Frequency = RuleFrequency.Weekly, Days = OnDays(numbers) }),
            "biweekly" => Of(new RecurrenceRule { Frequency = RuleFrequency.Weekly, Interval = 2 }),
            "monthly" when numbers.All(n => n is >= 1 and <= 31) => Of(new RecurrenceRule { Frequency = RuleFrequency.Monthly, MonthDays = [.. numbers.Distinct().Order()] }),
            "quarterly" => Of(new RecurrenceRule { Frequency = RuleFrequency.Monthly, Interval = 3 }),
            "yearly" => Of(new RecurrenceRule { Frequency = RuleFrequency.Yearly }),
            _ => null,
        };
    }

    /// <summary>UNTIL for an end that Rowan writes as a date, which is the UTC date of the last occurrence's instant.</summary>
    internal static RuleUntil UntilOf(LocalDate endDate, EventTime start, DateTimeZone zone)
    {
        var last = endDate.At(new LocalTime(23, 59, 59));
        return start switch
        {
            EventTime.AllDay => new RuleUntil(last.InUtc().ToInstant().InZone(zone).Date.AtMidnight(), IsDate: true, IsUtc: false),
            EventTime.Zoned => new RuleUntil(last, IsDate: false, IsUtc: true),
            _ => new RuleUntil(last, IsDate: false, IsUtc: false),
        };
    }

    private static RowanPattern Of(RecurrenceRule rule, ImmutableArray<LocalDate> exceptions = default) =>
        new([rule.ToString()], [], [], exceptions.IsDefault ? [] : exceptions);

    private static ImmutableArray<RuleDay> OnDays(IEnumerable<int> numbers) =>
        [.. numbers.Distinct().Select(n => new RuleDay(0, Days[n])).OrderBy(day => day.Day)];

    private static List<int>? Numbers(string? list)
    {
        List<int> numbers = [];
        foreach (var part in (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private static RowanPattern? ReadJson(string text, EventTime start, DateTimeZone zone)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.TryGetProperty("pattern", out _)
                ? new JsonMembers(json.RootElement).Rowan(start, zone)
                : new JsonMembers(json.RootElement).Outlook(start, zone);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static RowanPattern? ReadICalendar(string text)
    {
        var (rules, dates, exclusions) = (ImmutableArray.CreateBuilder<string>(), ImmutableArray.CreateBuilder<EventTime>(), ImmutableArray.CreateBuilder<EventTime>());
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (head, value) = colon < 0 ? ("RRULE", line) : (line[..colon].ToUpperInvariant(), line[(colon + 1)..]);
            switch (head.Split(';')[0])
            {
                case "RRULE" when RecurrenceRule.Parse(value) is not null:
                    rules.Add(value.Trim().ToUpperInvariant());
                    break;
                case "RDATE" or "EXDATE":
                    var zone = line.AsSpan(0, colon).IndexOf("TZID=", StringComparison.OrdinalIgnoreCase) is var at and >= 0 ? line[(at + 5)..colon].Split(';')[0] : null;
                    if (value.Split(',').Select(date => ReadTime(date.Trim(), zone)).ToList() is var times && times.Contains(null))
                    {
                        return null;
                    }

                    (head.StartsWith('R') ? dates : exclusions).AddRange(times.OfType<EventTime>());
                    break;
                case "DTSTART":
                    // The row has its own start.
                    break;
                default:
                    return null;
            }
        }

        return new RowanPattern(rules.ToImmutable(), dates.ToImmutable(), exclusions.ToImmutable(), []);
    }

    private static EventTime? ReadTime(string value, string? zoneName)
    {
        if (UntilDate.Parse(value) is { Success: true, Value: var date })
        {
            return new EventTime.AllDay(date);
        }

        if (UntilTime.Parse(value.TrimEnd('Z')) is not { Success: true, Value: var local })
        {
            return null;
        }

        return value.EndsWith('Z') ? new EventTime.Zoned(local, "UTC")
            : TimeZones.Find(zoneName) is { } zone ? new EventTime.Zoned(local, zone.Id)
            : new EventTime.Floating(local);
    }

    /// <summary>Members of a JSON pattern. Numbers may stand in quotes, a list may be a single value, and <c>null</c> is the same as absent.</summary>
    private sealed class JsonMembers(JsonElement json)
    {
        public RowanPattern? Rowan(EventTime start, DateTimeZone zone)
        {
            var (days, weeks) = (Ints("days_of_week").Where(d => d is >= 0 and <= 6).ToList(), Ints("week_of_month").Where(w => w is >= -5 and <= 5 and not 0).ToList());
            var monthDays = Ints("day_of_month").Where(d => d is >= 1 and <= 31).Distinct().Order().ToImmutableArray();
            var months = Ints("month").Where(m => m is >= 1 and <= 12).Distinct().Order().ToImmutableArray();
            var nth = weeks.Count == 0 || days.Count == 0
                ? ImmutableArray<RuleDay>.Empty
                : [.. days.Distinct().SelectMany(d => weeks.Distinct().Select(w => new RuleDay(w, Days[d]))).OrderBy(d => d.Day).ThenBy(d => d.Ordinal)];
            RecurrenceRule? rule = Text("pattern") switch
            {
                "daily" => new RecurrenceRule { Frequency = RuleFrequency.Daily },
                "weekly" => new RecurrenceRule
                {
                    Frequency = RuleFrequency.Weekly,
                    Days = OnDays(days),

                    // Rowan counts weeks as blocks of seven days from the start, not from Monday.
                    WeekStart = days.Count > 0 && Interval > 1 ? SeriesExpander.Local(start).DayOfWeek : IsoDayOfWeek.Monday,
                },
                "monthly" => new RecurrenceRule { Frequency = RuleFrequency.Monthly, MonthDays = nth.IsEmpty ? monthDays : [], Days = nth },
                "yearly" => Yearly(months, monthDays, nth, start),
                _ => null,
            };
            return rule is null ? null : Of(Ended(rule, start, zone, Int("end_count"), Date("end_date")), Exceptions());
        }

        // {"type":"relativeMonthly","interval":1,"daysOfWeek":["tuesday"],"rangeType":"numbered","numberOfOccurrences":5}
        public RowanPattern? Outlook(EventTime start, DateTimeZone zone)
        {
            var days = Texts("daysOfWeek").Select(name => Enum.TryParse<IsoDayOfWeek>(name, ignoreCase: true, out var day) ? day : IsoDayOfWeek.None)
                .Where(day => day is >= IsoDayOfWeek.Monday and <= IsoDayOfWeek.Sunday).Distinct().Order().ToList();
            var monthDays = Ints("dayOfMonth").Where(d => d is >= 1 and <= 31).ToImmutableArray();
            var months = Ints("month").Where(m => m is >= 1 and <= 12).ToImmutableArray();

            // Rowan does not store which week of the month it was; the start lies in it.
            var week = ((SeriesExpander.Local(start).Day - 1) / 7) + 1;
            ImmutableArray<RuleDay> nth = [.. (days.Count > 0 ? days : [SeriesExpander.Local(start).DayOfWeek]).Select(day => new RuleDay(week, day))];
            RecurrenceRule? rule = Text("type")?.ToLowerInvariant() switch
            {
                "daily" => new RecurrenceRule { Frequency = RuleFrequency.Daily },
                "weekly" => new RecurrenceRule { Frequency = RuleFrequency.Weekly, Days = [.. days.Select(day => new RuleDay(0, day))], WeekStart = IsoDayOfWeek.Sunday },
                "absolutemonthly" or "monthly" => new RecurrenceRule { Frequency = RuleFrequency.Monthly, MonthDays = monthDays },
                "relativemonthly" => new RecurrenceRule { Frequency = RuleFrequency.Monthly, Days = nth },
                "absoluteyearly" or "yearly" => Yearly(months, monthDays, [], start),
                "relativeyearly" => Yearly(months, [], nth, start),
                _ => null,
            };
            var range = Text("rangeType")?.ToLowerInvariant();
            return rule is null
                ? null
                : Of(Ended(rule, start, zone, range == "numbered" ? Int("numberOfOccurrences") : null, range == "enddate" ? Date("endDate") : null));
        }

        // A day without its month is in the month of the start, and the other way round.
        private static RecurrenceRule Yearly(ImmutableArray<int> months, ImmutableArray<int> monthDays, ImmutableArray<RuleDay> nth, EventTime start)
        {
            var local = SeriesExpander.Local(start);
            var bare = months.IsEmpty && monthDays.IsEmpty && nth.IsEmpty;
            return new RecurrenceRule
            {
                Frequency = RuleFrequency.Yearly,
                Months = bare || !months.IsEmpty ? months : [local.Month],
                MonthDays = bare || !nth.IsEmpty || !monthDays.IsEmpty ? (nth.IsEmpty ? monthDays : []) : [local.Day],
                Days = nth,
            };
        }

        private RecurrenceRule Ended(RecurrenceRule rule, EventTime start, DateTimeZone zone, int? count, LocalDate? date) => rule with
        {
            Interval = Interval,
            Count = count is > 0 ? count : null,
            Until = count is not > 0 && date is { } last ? UntilOf(last, start, zone) : null,
        };

        private int Interval => Int("interval") is { } interval and >= 1 and <= 1000 ? interval : 1;

        private ImmutableArray<LocalDate> Exceptions() => [.. Texts("exceptions").Select(AsDate).OfType<LocalDate>().Distinct().Order()];

        private LocalDate? Date(string name) => Text(name) is { } text ? AsDate(text) : null;

        // Also of a whole timestamp.
        private static LocalDate? AsDate(string text) =>
            text.Length >= 10 && LocalDatePattern.Iso.Parse(text[..10]) is { Success: true, Value: var date } ? date : null;

        private int? Int(string name) => Ints(name).Select(value => (int?)value).FirstOrDefault();

        private string? Text(string name) => Texts(name).FirstOrDefault();

        private IEnumerable<int> Ints(string name) =>
            Texts(name).Where(text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)).Select(text => int.Parse(text, CultureInfo.InvariantCulture));

        private IEnumerable<string> Texts(string name)
        {
            if (!json.TryGetProperty(name, out var member))
            {
                return [];
            }

            IEnumerable<JsonElement> values = member.ValueKind == JsonValueKind.Array ? member.EnumerateArray() : [member];
            return values.Select(value => value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetRawText(),
                _ => null,
            }).OfType<string>();
        }
    }
}
