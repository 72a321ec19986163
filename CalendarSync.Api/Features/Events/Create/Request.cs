using System.ComponentModel.DataAnnotations;
using FluentValidation;
using NodaTime;

namespace CalendarSync.Api.Features.Events.Create;

/// <summary>An event to make.</summary>
internal sealed record Request
{
    [Required]
    public Guid? SpaceId { get; init; }
    [Required]
    public string? Title { get; init; }
    public string? Description { get; init; }
    public string? Location { get; init; }

    /// <summary>Required, unless the event is all-day and gives <c>start_date</c>.</summary>
    public Instant? StartTime { get; init; }

    /// <summary>Exclusive; an hour after the start where it is absent.</summary>
    public Instant? EndTime { get; init; }
    public bool? AllDay { get; init; }

    /// <summary>All-day events: the first day.</summary>
    public LocalDate? StartDate { get; init; }

    /// <summary>All-day events: the day after the last day; one day where it is absent.</summary>
    public LocalDate? EndDate { get; init; }

    /// <summary>IANA zone; the user's own where it is absent.</summary>
    public string? Timezone { get; init; }
    public bool? IsRecurring { get; init; }
    public string? RecurrencePattern { get; init; }
    public string? CustomColor { get; init; }
    public string? EventType { get; init; }
    public string? Category { get; init; }
    public string? Status { get; init; }
    public Guid? AssignedTo { get; init; }
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    public Validator()
    {
        RuleFor(r => r.SpaceId).NotNull().WithMessage("space_id is required.");
        RuleFor(r => r.Title).Title();
        RuleFor(r => r.Description).Text(EventRules.DescriptionLength);
        RuleFor(r => r.Location).Text(EventRules.LocationLength);
        RuleFor(r => r.EventType).Text(50);
        RuleFor(r => r.CustomColor).Color();
        RuleFor(r => r.Category).Category();
        RuleFor(r => r.Status).Status();
        RuleFor(r => r.Timezone).TimeZoneName();
        RuleFor(r => r.RecurrencePattern).Recurrence();
        RuleFor(r => r.RecurrencePattern)
            .Must(pattern => EventRules.Pattern(pattern) is not null)
            .When(r => r.IsRecurring == true)
            .WithMessage("A repeating event needs recurrence_pattern.");
    }
}
