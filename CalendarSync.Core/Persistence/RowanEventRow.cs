using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>The part of a row of <c>events</c> that the sync reads and writes.</summary>
public sealed record RowanEventRow
{
    /// <summary>Primary key.</summary>
    public required Guid Id { get; init; }

    /// <summary>The space, or <c>null</c> for a row that belongs to none and is never synced.</summary>
    public Guid? SpaceId { get; init; }

    /// <summary>Never null in Rowan; empty for an event without a title.</summary>
    public required string Title { get; init; }

    /// <summary>Plain text.</summary>
    public string? Description { get; init; }

    /// <summary>Plain text.</summary>
    public string? Location { get; init; }

    /// <summary>Start; of an all-day event midnight in <see cref="Timezone"/>.</summary>
    public required Instant StartTime { get; init; }

    /// <summary>Exclusive end; <c>null</c> in rows that Rowan's own screens show as all-day.</summary>
    public Instant? EndTime { get; init; }

    /// <summary>Whole days.</summary>
    public bool AllDay { get; init; }

    /// <summary>IANA zone of the wall time; "UTC" where nobody said one.</summary>
    public string? Timezone { get; init; }

    /// <summary>Whether the row is the master of a series.</summary>
    public bool IsRecurring { get; init; }

    /// <summary>In one of Rowan's own dialects.</summary>
    public string? RecurrencePattern { get; init; }

    /// <summary>By convention <c>#RRGGBB</c>.</summary>
    public string? CustomColor { get; init; }

    /// <summary>Where the row came from, for Rowan's screens.</summary>
    public string? EventType { get; init; }

    /// <summary>Set while the event is in the trash.</summary>
    public Instant? DeletedAt { get; init; }

    /// <summary>Set by the database on every update.</summary>
    public Instant UpdatedAt { get; init; }

    /// <summary>The UID that the event came with.</summary>
    public string? IcalUid { get; init; }

    /// <summary>Restores so far.</summary>
    public int SyncGeneration { get; init; }
}
