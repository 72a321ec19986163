using System.Collections.Immutable;
using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>What a calendar object says.</summary>
internal abstract record ICalendarReading
{
    private ICalendarReading()
    {
    }

    /// <summary>An event, or a whole series.</summary>
    /// <param name="Uid">Empty when the text has none.</param>
    /// <param name="Aggregate">The aggregate.</param>
    /// <param name="Instances">The VEVENTs it was read from, the master first; what an edit is applied onto.</param>
    public sealed record Event(string Uid, CalendarEvent Aggregate, ImmutableArray<ICalendarInstance> Instances) : ICalendarReading
    {
        /// <summary>LAST-MODIFIED of the master.</summary>
        public Instant? LastModified { get; init; }

        /// <summary>The space of our marker.</summary>
        public SpaceId? WrittenFor { get; init; }
    }

    /// <summary>A calendar object of another kind: a task, a journal entry, free-busy.</summary>
    public sealed record NotAnEvent : ICalendarReading;

    /// <summary>An event that cannot be read.</summary>
    /// <param name="Reason">In plain words, without anything of its content.</param>
    public sealed record Unreadable(string Reason) : ICalendarReading;
}

/// <summary>A VEVENT and what it says.</summary>
/// <param name="Component">The lines.</param>
/// <param name="RecurrenceId">Which instance of the series it overrides, in the zone of the master; <c>null</c> for the master.</param>
/// <param name="Content">What it says.</param>
internal sealed record ICalendarInstance(ICalendarComponent Component, EventTime? RecurrenceId, EventContent Content);
