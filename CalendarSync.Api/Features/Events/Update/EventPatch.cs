using CalendarSync.Api.Errors;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using NodaTime;

namespace CalendarSync.Api.Features.Events.Update;

/// <summary>Puts a patch onto an event. Pure.</summary>
internal static class EventPatch
{
    /// <exception cref="ProblemException">What results is no event.</exception>
    public static EventDraft Apply(Request patch, EventRow current)
    {
        var zone = EventRules.Zone(patch.Timezone.Value) ?? TimeZones.Find(current.Timezone) ?? DateTimeZone.Utc;
        var (start, end, allDay) = Times(patch, current, zone);
        var (recurring, pattern) = Recurrence(patch, current);
        return new EventDraft
        {
            Title = patch.Title.IsSet ? patch.Title.Value!.Trim() : current.Title,
            Description = patch.Description.IsSet ? EventRules.NullIfEmpty(patch.Description.Value) : current.Description,
            Location = patch.Location.IsSet ? EventRules.NullIfEmpty(patch.Location.Value) : current.Location,
            EventType = patch.EventType.IsSet ? EventRules.NullIfEmpty(patch.EventType.Value) : current.EventType,
            StartTime = start,
            EndTime = end,
            AllDay = allDay,
            Timezone = patch.Timezone.IsSet || TouchesTimes(patch) ? zone.Id : current.Timezone,
            IsRecurring = recurring,
            RecurrencePattern = pattern,
            Category = patch.Category.Or(current.Category),
            Status = patch.Status.Or(current.Status),
            CustomColor = patch.CustomColor.IsSet ? EventRules.NullIfEmpty(patch.CustomColor.Value) : current.CustomColor,
            AssignedTo = patch.AssignedTo.IsSet ? (patch.AssignedTo.Value is { } assignee ? new UserId(assignee) : null) : current.AssignedTo,
        };
    }

    private static bool TouchesTimes(Request patch) =>
        patch.StartTime.IsSet || patch.EndTime.IsSet || patch.AllDay.IsSet || patch.StartDate.IsSet || patch.EndDate.IsSet;

    private static (Instant Start, Instant? End, bool AllDay) Times(Request patch, EventRow current, DateTimeZone zone)
    {
        var allDay = patch.AllDay.Value ?? current.AllDay;
        if (!TouchesTimes(patch) && !(patch.Timezone.IsSet && current.AllDay))
        {
            // Whoever wrote the row, an edit of its title leaves its times alone.
            return (current.StartTime, current.EndTime, current.AllDay);
        }

        var times = EventChecks.Require(EventTimes.Resolve(allDay ? Days(patch, current) : Instants(patch, current), zone));
        return (times.Start, times.End, times.AllDay);
    }

    /// <summary>An all-day event that moves to another zone keeps its days, not its instants.</summary>
    private static TimesInput Days(Request patch, EventRow current)
    {
        var days = current.AllDay ? EventTimes.Days(current.StartTime, current.EndTime, current.Timezone) : ((LocalDate Start, LocalDate End)?)null;
        return new TimesInput
        {
            AllDay = true,
            StartDate = patch.StartDate.Value ?? (patch.StartTime.IsSet ? null : days?.Start),
            StartTime = patch.StartTime.Or(current.StartTime),
            EndDate = patch.EndDate.Value ?? (patch.EndTime.IsSet ? null : days?.End),
            EndTime = patch.EndTime.Or(current.EndTime),
        };
    }

    private static TimesInput Instants(Request patch, EventRow current) => new()
    {
        StartTime = patch.StartTime.Or(current.StartTime),
        EndTime = patch.EndTime.Or(current.EndTime),
        StartDate = patch.StartDate.Value,
        EndDate = patch.EndDate.Value,
    };

    private static (bool IsRecurring, string? Pattern) Recurrence(Request patch, EventRow current)
    {
        var pattern = patch.RecurrencePattern.IsSet ? EventRules.Pattern(patch.RecurrencePattern.Value) : current.RecurrencePattern;
        var recurring = patch.IsRecurring.Value ?? (patch.RecurrencePattern.IsSet ? pattern is not null : current.IsRecurring);
        if (patch.IsRecurring.Value == true && pattern is null)
        {
            throw new ProblemException(Problems.Validation("recurrence_pattern", "A repeating event needs recurrence_pattern."));
        }

        return (recurring, pattern);
    }
}
