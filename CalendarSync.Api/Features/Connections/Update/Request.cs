using CalendarSync.Api.Json;
using CalendarSync.Core.Model;
using FluentValidation;

namespace CalendarSync.Api.Features.Connections.Update;

/// <summary>What to change of a connection: a member that is absent stays as it is. Any other member is ignored.</summary>
internal sealed record Request
{
    /// <summary>bidirectional, inbound_only or outbound_only.</summary>
    public Optional<string> SyncDirection { get; init; }

    /// <summary>false pauses: edits wait, and nothing runs.</summary>
    public Optional<bool?> SyncEnabled { get; init; }

    /// <summary>All calendars that are to be synced. The events of the others stay as they are, on both sides.</summary>
    public Optional<string[]> CalendarIds { get; init; }

    /// <summary>Where new events of Rowan go; one of the synced calendars.</summary>
    public Optional<string> TargetCalendarId { get; init; }

    /// <summary>Types of events that are not exported. What is in a calendar already stays there, and in step.</summary>
    public Optional<string[]> ExcludedEventTypes { get; init; }
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    private const int MaxCalendars = 1000;
    private const int MaxTypes = 50;

    public Validator()
    {
        RuleFor(r => r.SyncDirection).Must(d => !d.IsSet || SyncDirections.Parse(d.Value) is not null)
            .WithMessage("Allowed are: bidirectional, inbound_only, outbound_only.").OverridePropertyName("sync_direction");
        RuleFor(r => r.SyncEnabled).Must(e => !e.IsSet || e.Value is not null)
            .WithMessage("Write true or false.").OverridePropertyName("sync_enabled");
        RuleFor(r => r.CalendarIds).Must(ids => !ids.IsSet || (ids.Value is { Length: > 0 and <= MaxCalendars } && ids.Value.All(id => !string.IsNullOrEmpty(id))))
            .WithMessage("Choose at least one calendar. To sync nothing, pause the connection.").OverridePropertyName("calendar_ids");
        RuleFor(r => r.TargetCalendarId).Must(id => !id.IsSet || !string.IsNullOrEmpty(id.Value))
            .WithMessage("Name a calendar.").OverridePropertyName("target_calendar_id");
        RuleFor(r => r.ExcludedEventTypes).Must(types => !types.IsSet || (types.Value is { Length: <= MaxTypes } && types.Value.All(t => t is { Length: > 0 and <= 50 })))
            .WithMessage("Write a list of at most 50 types, each of 1 to 50 characters.").OverridePropertyName("excluded_event_types");
    }
}
