using System.Collections.Immutable;
using NodaTime;

namespace CalendarSync.Core.Model.Series;

/// <summary>One time at which an event happens.</summary>
/// <param name="Id">The start that the series gives it: its identity, whatever it is moved to.</param>
/// <param name="Content">What it says, with its own start and end.</param>
/// <param name="Start">The instant.</param>
/// <param name="End">The instant, exclusive.</param>
/// <param name="IsOverride">It differs from its series.</param>
public sealed record Occurrence(EventTime Id, EventContent Content, Instant Start, Instant End, bool IsOverride);

/// <summary>The occurrences of an event: rules, RDATEs, EXDATEs and overrides taken together (RFC 5545, section 3.8.5).</summary>
public static class SeriesExpander
{
    private static readonly LocalDateTime Latest = new(9998, 12, 31, 0, 0);

    /// <summary>The occurrences that overlap a window, by their start. One without a length counts where it stands.</summary>
    /// <param name="calendarEvent">A single event, or a series.</param>
    /// <param name="window">From and to; both are needed, a rule may have no end.</param>
    /// <param name="zone">Where days and floating times are meant.</param>
    /// <param name="limit">The most that are wanted, the earliest first.</param>
    public static IReadOnlyList<Occurrence> Expand(CalendarEvent calendarEvent, Interval window, DateTimeZone zone, int limit)
    {
        ArgumentNullException.ThrowIfNull(calendarEvent);
        var content = calendarEvent.Content;
        var overridden = calendarEvent.Overrides.Select(o => o.RecurrenceId.ToInstant(zone)).ToHashSet();

        // An override may be moved into the window or out of it, so each is judged by where it is now. It stands also where the series
        // has no occurrence any more, and against an EXDATE: somebody wrote it.
        var occurrences = calendarEvent.Overrides
            .Select(o => OccurrenceOf(o.RecurrenceId, o.Content, zone, isOverride: true))
            .Where(o => Overlaps(o, window))
            .ToList();

        // Wall times are looked for with a day to spare on both sides, which no offset of a zone exceeds.
        var wallZone = content.Start is EventTime.Zoned zoned ? TimeZones.Get(zoned.ZoneId) : zone;
        var longest = content.End.ToInstant(zone) - content.Start.ToInstant(zone);
        var from = Wall(window.Start - longest, wallZone, Duration.FromDays(-1));
        var to = Wall(window.End, wallZone, Duration.FromDays(1));
        occurrences.AddRange(Starts(calendarEvent, zone, from, to)
            .Where(start => !overridden.Contains(start.ToInstant(zone)))
            .Select(start => OccurrenceOf(start, At(content, start, zone), zone, isOverride: false))
            .Where(o => Overlaps(o, window))
            .Take(limit));
        return [.. occurrences.OrderBy(o => o.Start).ThenBy(o => o.IsOverride).Take(limit)];
    }

    /// <summary>
    /// The starts of a series without looking at its overrides, in their order: rules and RDATEs, and the start of the series itself, less
    /// the EXDATEs.
    /// </summary>
    /// <param name="calendarEvent">A single event, or a series.</param>
    /// <param name="zone">Where days and floating times are meant.</param>
    /// <param name="from">Wall time in the zone of the series, inclusive.</param>
    /// <param name="to">Exclusive.</param>
    public static IEnumerable<EventTime> Starts(CalendarEvent calendarEvent, DateTimeZone zone, LocalDateTime from, LocalDateTime to)
    {
        ArgumentNullException.ThrowIfNull(calendarEvent);
        var start = calendarEvent.Content.Start;
        if (calendarEvent.Recurrence is not { } recurrence)
        {
            return InWindow([start], from, to);
        }

        var excluded = recurrence.Exclusions.Where(e => e is not EventTime.AllDay || start is EventTime.AllDay).Select(e => e.ToInstant(zone)).ToHashSet();

        // Some programs write EXDATE;VALUE=DATE for a series with times, and mean the day.
        var days = start is EventTime.AllDay ? [] : recurrence.Exclusions.OfType<EventTime.AllDay>().Select(day => day.Date).ToHashSet();
        List<IEnumerable<EventTime>> sources = [InWindow([start, .. recurrence.Dates.Select(date => LikeStart(start, date)).OrderBy(Local)], from, to)];
        sources.AddRange(recurrence.Rules.Select(RecurrenceRule.Parse).OfType<RecurrenceRule>().Select(rule => OfRule(rule, start, from, to)));
        return Merge([.. sources])
            .Where(time => !excluded.Contains(time.ToInstant(zone)) && !days.Contains(Local(time).Date));
    }

    /// <summary>A time of the same kind as the start of its series, and in the same zone.</summary>
    public static EventTime LikeStart(EventTime start, EventTime time) => (start, time) switch
    {
        (EventTime.Zoned master, EventTime.Zoned other) when master.ZoneId != other.ZoneId =>
            master with { Local = other.ToInstant(DateTimeZone.Utc).InZone(TimeZones.Get(master.ZoneId)).LocalDateTime },
        (EventTime.Zoned master, EventTime.AllDay day) => master with { Local = day.Date.At(master.Local.TimeOfDay) },
        (EventTime.Zoned master, EventTime.Floating floating) => master with { Local = floating.Local },
        (EventTime.Floating master, EventTime.AllDay day) => new EventTime.Floating(day.Date.At(master.Local.TimeOfDay)),
        (EventTime.Floating, EventTime.Zoned zoned) => new EventTime.Floating(zoned.Local),
        (EventTime.AllDay, _) => new EventTime.AllDay(Local(time).Date),
        _ => time,
    };

    /// <summary>Wall time; midnight of a day.</summary>
    public static LocalDateTime Local(EventTime time) => time switch
    {
        EventTime.AllDay day => day.Date.AtMidnight(),
        EventTime.Zoned zoned => zoned.Local,
        EventTime.Floating floating => floating.Local,
        _ => throw new InvalidOperationException("EventTime is closed."),
    };

    /// <summary>The same kind and zone as <paramref name="like"/>, at another wall time.</summary>
    public static EventTime At(EventTime like, LocalDateTime local) => like switch
    {
        EventTime.AllDay => new EventTime.AllDay(local.Date),
        EventTime.Zoned zoned => zoned with { Local = local },
        EventTime.Floating => new EventTime.Floating(local),
        _ => throw new InvalidOperationException("EventTime is closed."),
    };

    private static IEnumerable<EventTime> OfRule(RecurrenceRule rule, EventTime start, LocalDateTime from, LocalDateTime to)
    {
        var local = Local(start);

        // The start counts as the first of COUNT even where the rule would not produce it (RFC 5545, 3.8.5.3).
        var startIsExtra = rule.Count is not null && !RuleExpander.Starts(rule, local, start is EventTime.AllDay, local, local.PlusSeconds(1)).Any();
        if (startIsExtra && rule.Count == 1)
        {
            return [];
        }

        var counted = startIsExtra ? rule with { Count = rule.Count - 1 } : rule;
        return RuleExpander.Starts(counted, local, start is EventTime.AllDay, from, to)
            .Select(time => At(start, time))
            .TakeWhile(time => rule.Until is not { } until || !IsAfter(time, until));
    }

    private static bool IsAfter(EventTime time, RuleUntil until) => (time, until) switch
    {
        (EventTime.AllDay or EventTime.Zoned or EventTime.Floating, { IsDate: true }) => Local(time).Date > until.Local.Date,
        (EventTime.AllDay day, _) => day.Date > until.Local.Date,
        (EventTime.Zoned, { IsUtc: true }) => time.ToInstant(DateTimeZone.Utc) > until.Local.InUtc().ToInstant(),
        _ => Local(time) > until.Local,
    };

    /// <summary>The content at another start, as long as before.</summary>
    internal static EventContent At(EventContent content, EventTime start, DateTimeZone zone)
    {
        var end = (content.Start, content.End) switch
        {
            // A flight lands in another zone: what stays the same is how long it takes.
            (EventTime.Zoned from, EventTime.Zoned until) when from.ZoneId != until.ZoneId =>
                until with { Local = (start.ToInstant(zone) + (until.ToInstant(zone) - from.ToInstant(zone))).InZone(TimeZones.Get(until.ZoneId)).LocalDateTime },

            // "Until six" means six also in the night in which the clocks change.
            _ => At(content.End, Local(start) + Period.Between(Local(content.Start), Local(content.End), PeriodUnits.Days | PeriodUnits.AllTimeUnits)),
        };
        return content with { Start = start, End = end };
    }

    private static Occurrence OccurrenceOf(EventTime id, EventContent content, DateTimeZone zone, bool isOverride)
    {
        var start = content.Start.ToInstant(zone);
        return new Occurrence(id, content, start, Instant.Max(start, content.End.ToInstant(zone)), isOverride);
    }

    private static bool Overlaps(Occurrence o, Interval window) => o.Start < window.End && (o.Start >= window.Start || o.End > window.Start);

    private static IEnumerable<EventTime> InWindow(IEnumerable<EventTime> times, LocalDateTime from, LocalDateTime to) =>
        times.Where(time => Local(time) >= from && Local(time) < to).OrderBy(Local);

    private static LocalDateTime Wall(Instant instant, DateTimeZone zone, Duration margin)
    {
        var earliest = new LocalDateTime(1, 1, 2, 0, 0).InUtc().ToInstant();
        var latest = Latest.InUtc().ToInstant();
        return Instant.Min(latest, Instant.Max(earliest, instant + margin)).InZone(zone).LocalDateTime;
    }

    // Ascending sources as one ascending sequence, each wall time once. Lazy, because a rule may go on for longer than anybody reads.
    private static IEnumerable<EventTime> Merge(ImmutableArray<IEnumerable<EventTime>> sources)
    {
        var heads = sources.Select(source => source.GetEnumerator()).ToList();
        try
        {
            heads.RemoveAll(head => !head.MoveNext());
            LocalDateTime? last = null;
            while (heads.Count > 0)
            {
                var next = heads.MinBy(head => Local(head.Current))!;
                if (Local(next.Current) != last)
                {
                    yield return next.Current;
                    last = Local(next.Current);
                }

                if (!next.MoveNext())
                {
                    heads.Remove(next);
                    next.Dispose();
                }
            }
        }
        finally
        {
            heads.ForEach(head => head.Dispose());
        }
    }
}
