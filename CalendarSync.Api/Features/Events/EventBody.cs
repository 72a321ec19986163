using CalendarSync.Core.Persistence;
using NodaTime;

namespace CalendarSync.Api.Features.Events;

/// <summary>An event in Rowan's own shape.</summary>
internal sealed record EventBody
{
    public required Guid Id { get; init; }
    public required Guid SpaceId { get; init; }
    public required string Title { get; init; }
    public string? Description { get; init; }
    public string? Location { get; init; }
    public required Instant StartTime { get; init; }

    /// <summary>Exclusive.</summary>
    public Instant? EndTime { get; init; }
    public required bool AllDay { get; init; }

    /// <summary>First day of an all-day event.</summary>
    public LocalDate? StartDate { get; init; }

    /// <summary>The day after the last day of an all-day event.</summary>
    public LocalDate? EndDate { get; init; }

    /// <summary>IANA zone in which the times are meant.</summary>
    public string? Timezone { get; init; }
    public required bool IsRecurring { get; init; }
    public string? RecurrencePattern { get; init; }
    public string? EventType { get; init; }
    public string? Category { get; init; }
    public string? Status { get; init; }
    public string? CustomColor { get; init; }
    public Guid? AssignedTo { get; init; }
    public Guid? CreatedBy { get; init; }
    public bool ShowCountdown { get; init; }
    public string? CountdownLabel { get; init; }
    public Guid? LinkedBillId { get; init; }

    /// <summary>The provider that it was imported from.</summary>
    public string? ExternalSource { get; init; }
    public Instant? LastExternalSync { get; init; }
    public Instant? CreatedAt { get; init; }
    public Instant? UpdatedAt { get; init; }
    public Instant? DeletedAt { get; init; }
    public Guid? DeletedBy { get; init; }

    public static EventBody From(EventRow row)
    {
        (LocalDate Start, LocalDate End)? days = row.AllDay ? EventTimes.Days(row.StartTime, row.EndTime, row.Timezone) : null;
        return new EventBody
        {
            Id = row.Id.Value,
            SpaceId = row.SpaceId.Value,
            Title = row.Title,
            Description = row.Description,
            Location = row.Location,
            StartTime = row.StartTime,
            EndTime = row.EndTime,
            AllDay = row.AllDay,
            StartDate = days?.Start,
            EndDate = days?.End,
            Timezone = row.Timezone,
            IsRecurring = row.IsRecurring,
            RecurrencePattern = row.RecurrencePattern,
            EventType = row.EventType,
            Category = row.Category,
            Status = row.Status,
            CustomColor = row.CustomColor,
            AssignedTo = row.AssignedTo?.Value,
            CreatedBy = row.CreatedBy?.Value,
            ShowCountdown = row.ShowCountdown,
            CountdownLabel = row.CountdownLabel,
            LinkedBillId = row.LinkedBillId,
            ExternalSource = row.ExternalSource,
            LastExternalSync = row.LastExternalSync,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
            DeletedAt = row.DeletedAt,
            DeletedBy = row.DeletedBy?.Value,
        };
    }
}

/// <summary>The answer that is one event.</summary>
internal sealed record EventResponse(bool Success, EventBody Data)
{
    public static EventResponse From(EventRow row) => new(true, EventBody.From(row));
}
