using CalendarSync.Api.Errors;
using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Api.Features.Events;

/// <summary>When an event is, as a client may say it: by instants, or, for whole days, by dates.</summary>
internal sealed record TimesInput
{
    public bool AllDay { get; init; }
    public Instant? StartTime { get; init; }
    public Instant? EndTime { get; init; }
    public LocalDate? StartDate { get; init; }
    public LocalDate? EndDate { get; init; }
}

/// <summary>When an event is, as it is stored. Whole days are stored as the midnights of their zone, the end exclusive.</summary>
internal sealed record EventTimes(Instant Start, Instant End, bool AllDay)
{
    /// <summary>What a timed event lasts that says no end: without one, Rowan would show it as all-day.</summary>
    public static readonly Duration DefaultLength = Duration.FromHours(1);

    public const string RangeMessage = "The year must lie between 1900 and 2199.";

    // Postgres and iCalendar both reach further; no family calendar does, and a typing error in the year is found here.
    private static readonly Instant Earliest = Instant.FromUtc(1900, 1, 1, 0, 0);
    private static readonly Instant Latest = Instant.FromUtc(2200, 1, 1, 0, 0);

    /// <summary>Checks and completes what a client said.</summary>
    /// <returns>The times, or every reason why they are none.</returns>
    public static (EventTimes? Times, IReadOnlyList<FieldError> Errors) Resolve(TimesInput input, DateTimeZone zone) =>
        input.AllDay ? ResolveDays(input, zone) : ResolveInstants(input);

    /// <summary>The days of a stored all-day event. Rows by other writers may lack an end, or end inside a day: the days that they touch count.</summary>
    public static (LocalDate Start, LocalDate End) Days(Instant start, Instant? end, string? timezone)
    {
        var zone = TimeZones.Find(timezone) ?? DateTimeZone.Utc;
        var first = start.InZone(zone).Date;
        var last = end is { } value ? Ceiling(value, zone) : first.PlusDays(1);
        return (first, last > first ? last : first.PlusDays(1));
    }

    private static (EventTimes?, IReadOnlyList<FieldError>) ResolveDays(TimesInput input, DateTimeZone zone)
    {
        if ((input.StartDate ?? Date(input.StartTime, zone)) is not { } start)
        {
            return (null, [new(["start_date"], "An all-day event needs start_date or start_time.")]);
        }

        if (!InRange(start))
        {
            return OutOfRange("start_date");
        }

        var end = input.EndDate ?? (input.EndTime is { } instant && InRange(instant) ? Ceiling(instant, zone) : start.PlusDays(1));
        if (!InRange(end))
        {
            return OutOfRange("end_date");
        }

        // A client that gives the same midnight twice means that one day.
        if (input.EndDate is null && end == start)
        {
            end = start.PlusDays(1);
        }

        return end > start
            ? (new EventTimes(start.AtStartOfDayInZone(zone).ToInstant(), end.AtStartOfDayInZone(zone).ToInstant(), AllDay: true), [])
            : (null, [new([input.EndDate is null ? "end_time" : "end_date"], "The end must come after the start; end_date is the day after the last day.")]);
    }

    private static (EventTimes?, IReadOnlyList<FieldError>) ResolveInstants(TimesInput input)
    {
        if (input.StartDate is not null || input.EndDate is not null)
        {
            return (null, [new([input.StartDate is null ? "end_date" : "start_date"], "Dates belong to all-day events: set all_day, or give start_time and end_time.")]);
        }

        if (input.StartTime is not { } start)
        {
            return (null, [new(["start_time"], "start_time is required.")]);
        }

        if (!InRange(start))
        {
            return OutOfRange("start_time");
        }

        var end = input.EndTime ?? start + DefaultLength;
        if (!InRange(end))
        {
            return OutOfRange("end_time");
        }

        return end >= start
            ? (new EventTimes(start, end, AllDay: false), [])
            : (null, [new(["end_time"], "The end must not come before the start.")]);
    }

    private static LocalDate? Date(Instant? instant, DateTimeZone zone) =>
        instant is { } value && InRange(value) ? value.InZone(zone).Date : null;

    private static LocalDate Ceiling(Instant instant, DateTimeZone zone)
    {
        var date = instant.InZone(zone).Date;
        return date.AtStartOfDayInZone(zone).ToInstant() == instant ? date : date.PlusDays(1);
    }

    /// <summary>Whether a time lies in the years of a family calendar. What is not there cannot be out of them.</summary>
    public static bool InRange(Instant? instant) => instant is not { } value || InRange(value);

    private static bool InRange(Instant instant) => instant >= Earliest && instant < Latest;

    private static bool InRange(LocalDate date) => date.Year is >= 1900 and < 2200;

    private static (EventTimes?, IReadOnlyList<FieldError>) OutOfRange(string member) =>
        (null, [new([member], RangeMessage)]);
}
