using CalendarSync.Api.Json;
using FluentValidation;
using NodaTime;

namespace CalendarSync.Api.Features.Events.Update;

/// <summary>What to change of an event: a member that is absent stays as it is. Any other member is ignored.</summary>
internal sealed record Request
{
    public Optional<string> Title { get; init; }
    public Optional<string> Description { get; init; }
    public Optional<string> Location { get; init; }
    public Optional<Instant?> StartTime { get; init; }
    public Optional<Instant?> EndTime { get; init; }
    public Optional<bool?> AllDay { get; init; }
    public Optional<LocalDate?> StartDate { get; init; }
    public Optional<LocalDate?> EndDate { get; init; }
    public Optional<string> Timezone { get; init; }
    public Optional<bool?> IsRecurring { get; init; }
    public Optional<string> RecurrencePattern { get; init; }
    public Optional<string> CustomColor { get; init; }
    public Optional<string> EventType { get; init; }
    public Optional<string> Category { get; init; }
    public Optional<string> Status { get; init; }
    public Optional<Guid?> AssignedTo { get; init; }
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    public Validator()
    {
        RuleFor(r => r.Title.Value).Title().When(r => r.Title.IsSet).OverridePropertyName("title");
        RuleFor(r => r.Description.Value).Text(EventRules.DescriptionLength).OverridePropertyName("description");
        RuleFor(r => r.Location.Value).Text(EventRules.LocationLength).OverridePropertyName("location");
        RuleFor(r => r.EventType.Value).Text(50).OverridePropertyName("event_type");
        RuleFor(r => r.CustomColor.Value).Color().OverridePropertyName("custom_color");
        RuleFor(r => r.Category.Value).Category().OverridePropertyName("category");
        RuleFor(r => r.Status.Value).Status().OverridePropertyName("status");
        RuleFor(r => r.Timezone.Value).TimeZoneName().OverridePropertyName("timezone");
        RuleFor(r => r.RecurrencePattern.Value).Recurrence().OverridePropertyName("recurrence_pattern");
        RuleFor(r => r.StartTime.Value).NotNull().When(r => r.StartTime.IsSet)
            .WithMessage("An event needs a start.").OverridePropertyName("start_time");
    }
}
