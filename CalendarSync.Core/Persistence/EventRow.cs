using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>A row of Rowan's <c>events</c>, as Rowan's own clients read it.</summary>
public sealed record EventRow
{
    public RowanEventId Id { get; init; }
    public SpaceId SpaceId { get; init; }
    public string Title { get; init; } = "";
    public string? Description { get; init; }
    public string? Location { get; init; }
    public string? EventType { get; init; }
    public Instant StartTime { get; init; }
    public Instant? EndTime { get; init; }
    public bool AllDay { get; init; }
    public string? Timezone { get; init; }
    public bool IsRecurring { get; init; }
    public string? RecurrencePattern { get; init; }
    public string? Category { get; init; }
    public string? Status { get; init; }
    public string? CustomColor { get; init; }
    public UserId? AssignedTo { get; init; }
    public UserId? CreatedBy { get; init; }
    public bool ShowCountdown { get; init; }
    public string? CountdownLabel { get; init; }
    public Guid? LinkedBillId { get; init; }
    public string? ExternalSource { get; init; }
    public Instant? LastExternalSync { get; init; }
    public Instant? CreatedAt { get; init; }
    public Instant? UpdatedAt { get; init; }
    public Instant? DeletedAt { get; init; }
    public UserId? DeletedBy { get; init; }
}

/// <summary>What a user may write of an event. Everything else of the row belongs to Rowan or to the sync.</summary>
public sealed record EventDraft
{
    public required string Title { get; init; }
    public string? Description { get; init; }
    public string? Location { get; init; }
    public string? EventType { get; init; }
    public required Instant StartTime { get; init; }
    public required Instant? EndTime { get; init; }
    public required bool AllDay { get; init; }
    public required string? Timezone { get; init; }
    public bool IsRecurring { get; init; }
    public string? RecurrencePattern { get; init; }
    public string? Category { get; init; }
    public string? Status { get; init; }
    public string? CustomColor { get; init; }
    public UserId? AssignedTo { get; init; }
}

/// <summary>Which events of a space to read.</summary>
/// <param name="Space">The space.</param>
/// <param name="From">Only what ends after it; an event without a length counts where it stands.</param>
/// <param name="To">Only what starts before it.</param>
/// <param name="IncludeDeleted">The trash too.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="Offset">After so many.</param>
public sealed record EventQuery(SpaceId Space, Instant? From, Instant? To, bool IncludeDeleted, int Limit, int Offset);
