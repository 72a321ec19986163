using System.Text.Json.Serialization;
using CalendarSync.Core.Persistence;
using NodaTime;

namespace CalendarSync.Api.Features.Connections;

/// <summary>A connected calendar account.</summary>
internal sealed record ConnectionBody
{
    public required Guid Id { get; init; }

    /// <summary>google, apple or cozi.</summary>
    public required string Provider { get; init; }
    public string? ProviderAccountId { get; init; }
    public required Guid SpaceId { get; init; }

    /// <summary>The member who connected it.</summary>
    public required Guid UserId { get; init; }

    /// <summary>active, syncing, error, token_expired or disconnected.</summary>
    public required string SyncStatus { get; init; }
    public required bool SyncEnabled { get; init; }

    /// <summary>bidirectional, inbound_only or outbound_only.</summary>
    public required string SyncDirection { get; init; }
    /// <summary>Types of events that are not exported.</summary>
    public required IReadOnlyList<string> ExcludedEventTypes { get; init; }
    public Instant? LastSyncAt { get; init; }
    public Instant? NextSyncAt { get; init; }
    public required int EventsSynced { get; init; }
    public required int ConflictsPending { get; init; }
    public required int ConflictsResolved { get; init; }

    /// <summary>Events that cannot be synced and wait for a person, or for their next try.</summary>
    public required int ErrorsOpen { get; init; }

    /// <summary>Deletions that wait for a decision, because there were so many at once.</summary>
    public required int HeldDeletions { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LastErrorCode { get; init; }

    /// <summary>Plain words for people.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LastErrorMessage { get; init; }

    /// <summary>While a pass runs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProgressBody? Progress { get; init; }
    public required Instant CreatedAt { get; init; }

    public static ConnectionBody From(ConnectionRow row) => new()
    {
        Id = row.Id.Value,
        Provider = row.Provider,
        ProviderAccountId = row.ProviderAccountId,
        SpaceId = row.SpaceId.Value,
        UserId = row.UserId.Value,
        SyncStatus = row.SyncStatus,
        SyncEnabled = row.SyncEnabled,
        SyncDirection = row.SyncDirection,
        ExcludedEventTypes = row.ExcludedEventTypes,
        LastSyncAt = row.LastSyncAt,
        NextSyncAt = row.NextSyncAt,
        EventsSynced = row.EventsSynced,
        ConflictsPending = row.ConflictsPending,
        ConflictsResolved = row.ConflictsResolved,
        ErrorsOpen = row.ErrorsOpen,
        HeldDeletions = row.HeldDeletions,
        LastErrorCode = row.LastErrorCode,
        LastErrorMessage = row.LastErrorMessage,
        Progress = row.SyncStatus == "syncing" ? ProgressBody.Parse(row.Progress) : null,
        CreatedAt = row.CreatedAt,
    };
}
