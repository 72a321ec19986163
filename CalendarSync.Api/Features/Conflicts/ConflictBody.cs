using System.Text.Json;
using CalendarSync.Core.Model;
using CalendarSync.Core.Notifications;
using CalendarSync.Core.Persistence;
using NodaTime;

namespace CalendarSync.Api.Features.Conflicts;

/// <summary>A conflict, with both versions.</summary>
internal sealed record ConflictBody
{
    public required Guid Id { get; init; }

    /// <summary>Null when the connection does not exist any more.</summary>
    public Guid? ConnectionId { get; init; }
    public required Guid SpaceId { get; init; }

    /// <summary>google, apple or cozi.</summary>
    public string? Provider { get; init; }
    public Guid? EventId { get; init; }
    public string? Title { get; init; }

    /// <summary>both_changed, deleted_outside, deleted_in_rowan, found_different, or same_edit, which is neither counted nor told.</summary>
    public required string Kind { get; init; }

    /// <summary>high when a deletion or a change of the time is involved, else normal.</summary>
    public required string Severity { get; init; }
    public required Instant DetectedAt { get; init; }
    public Instant? ResolvedAt { get; init; }

    /// <summary>detected until all sides hold the winner, then resolved; failed when a calendar refused it for good.</summary>
    public required string ResolutionStatus { get; init; }

    /// <summary>external or rowan: what holds now.</summary>
    public string? WinningSource { get; init; }

    /// <summary>external_wins, rowan_wins, or manual_review once a person has decided.</summary>
    public required string ResolutionStrategy { get; init; }

    /// <summary>The member who decided last.</summary>
    public Guid? ResolvedBy { get; init; }
    public string? ResolutionNotes { get; init; }

    /// <summary>The event as Rowan had it; {"deleted": true} when it was gone for good.</summary>
    public required JsonElement RowanVersion { get; init; }

    /// <summary>The event as the calendar had it; {"deleted": true} when it was deleted there.</summary>
    public required JsonElement ExternalVersion { get; init; }

    /// <summary>Every decision of a person, oldest first: at, by, winning_source, notes, and the version that it replaced.</summary>
    public required JsonElement Decisions { get; init; }

    /// <summary>Plain words for people.</summary>
    public required string Message { get; init; }

    public static ConflictBody From(ConflictHistoryRow row)
    {
        var decisions = JsonElement.Parse(row.Decisions);
        return new ConflictBody
        {
            Id = row.Id,
            ConnectionId = row.ConnectionId,
            SpaceId = row.SpaceId.Value,
            Provider = row.Provider,
            EventId = row.EventId,
            Title = row.Title,
            Kind = row.Kind,
            Severity = row.Severity,
            DetectedAt = row.DetectedAt,
            ResolvedAt = row.ResolvedAt,
            ResolutionStatus = row.ResolutionStatus,
            WinningSource = row.WinningSource,
            ResolutionStrategy = row.ResolutionStrategy,
            ResolvedBy = row.ResolvedBy,
            ResolutionNotes = row.ResolutionNotes,
            RowanVersion = JsonElement.Parse(row.RowanVersion),
            ExternalVersion = JsonElement.Parse(row.ExternalVersion),
            Decisions = decisions,
            Message = ConflictWords.Describe(
                row.Kind, row.Title, ConflictWords.NameOf(CalendarProviders.Parse(row.Provider)), row.WinningSource, decisions.GetArrayLength() > 0),
        };
    }
}
