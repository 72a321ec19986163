using System.ComponentModel.DataAnnotations;
using FluentValidation;

namespace CalendarSync.Api.Features.Syncing.Start;

internal sealed record Request
{
    [Required]
    public Guid? ConnectionId { get; init; }

    /// <summary>incremental, or full to compare everything.</summary>
    public string? SyncType { get; init; }
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    public Validator()
    {
        RuleFor(r => r.ConnectionId).NotNull().WithMessage("connection_id is required.");
        RuleFor(r => r.SyncType).Must(type => type is null or "incremental" or "full").WithMessage("Allowed are: incremental, full.");
    }
}

/// <summary>What the sync did, as far as it got.</summary>
internal sealed record Response
{
    public bool Success { get; init; } = true;

    /// <summary>completed, or running: then it goes on in the background.</summary>
    public required string Status { get; init; }
    public Guid? SyncLogId { get; init; }
    public required int EventsSynced { get; init; }
    public required int EventsCreated { get; init; }
    public required int EventsUpdated { get; init; }
    public required int EventsDeleted { get; init; }
    public required int ConflictsDetected { get; init; }
    public required string Message { get; init; }
}
