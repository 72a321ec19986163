using System.Collections.Immutable;

namespace CalendarSync.Core.Model;

/// <summary>What one occurrence says: the fields that calendars have in common and that people edit.</summary>
/// <param name="Title">May be empty: calendars allow events without a title. Rowan's column does not, see its mapper.</param>
/// <param name="Description">Plain text, lines separated by "\n"; <c>null</c> and empty are the same value and are stored as <c>null</c>.</param>
/// <param name="Location">Plain text, <c>null</c> when empty.</param>
/// <param name="Start">Inclusive.</param>
/// <param name="End">Exclusive, of the same kind as <paramref name="Start"/> and not before it.</param>
/// <param name="Color"><c>#RRGGBB</c> in upper case, or <c>null</c>.</param>
public sealed record EventContent(string Title, string? Description, string? Location, EventTime Start, EventTime End, string? Color = null);

/// <summary>The repetition of a series (RFC 5545, section 3.8.5).</summary>
/// <param name="Rules">RRULE values without the property name, such as <c>FREQ=WEEKLY;BYDAY=FR</c>. Usually one; a series of RDATEs only has none.</param>
/// <param name="Dates">RDATE: starts in addition to the rules.</param>
/// <param name="Exclusions">EXDATE: starts that do not happen.</param>
public sealed record Recurrence(ImmutableArray<string> Rules, ImmutableArray<EventTime> Dates, ImmutableArray<EventTime> Exclusions);

/// <summary>One occurrence of a series that differs from it.</summary>
/// <param name="RecurrenceId">The start that the occurrence would have had: its identity, whatever it is moved to (RFC 5545, 3.8.4.4).</param>
/// <param name="Content">What the occurrence says instead.</param>
public sealed record EventOverride(EventTime RecurrenceId, EventContent Content);

/// <summary>
/// An event as one aggregate: a single event, or a whole series with its overrides and exclusions. It is compared, merged, pulled and
/// pushed as one, because every calendar stores it as one.
/// </summary>
/// <remarks>Equality of two events is equality of their <see cref="ContentHash"/>; record equality does not look into the arrays.</remarks>
/// <param name="Content">The single event, or the master of the series.</param>
/// <param name="Recurrence"><c>null</c> for a single event.</param>
/// <param name="Overrides">Ordered by their recurrence id; empty for a single event.</param>
public sealed record CalendarEvent(EventContent Content, Recurrence? Recurrence, ImmutableArray<EventOverride> Overrides)
{
    /// <summary>A single event.</summary>
    public CalendarEvent(EventContent content)
        : this(content, null, [])
    {
    }

    /// <summary>Whether this is a series.</summary>
    public bool IsSeries => Recurrence is not null || !Overrides.IsEmpty;
}
