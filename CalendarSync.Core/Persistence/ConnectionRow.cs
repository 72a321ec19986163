using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>A connected calendar account as the members of its space see it.</summary>
public sealed record ConnectionRow
{
    public ConnectionId Id { get; init; }
    public UserId UserId { get; init; }
    public SpaceId SpaceId { get; init; }

    /// <summary>"google", "apple" or "cozi".</summary>
    public string Provider { get; init; } = "";

    /// <summary>The account at the provider. Personal: never logged.</summary>
    public string? ProviderAccountId { get; init; }

    /// <summary>active, syncing, error, token_expired or disconnected.</summary>
    public string SyncStatus { get; init; } = "";
    public bool SyncEnabled { get; init; }

    /// <summary>bidirectional, inbound_only or outbound_only.</summary>
    public string SyncDirection { get; init; } = "";
    /// <summary>The server, where the user chose one.</summary>
    public string? ServerUrl { get; init; }

    /// <summary>Types of events that are not exported.</summary>
    public string[] ExcludedEventTypes { get; init; } = [];
    public Instant? LastSyncAt { get; init; }
    public Instant? NextSyncAt { get; init; }
    public Instant? InitialSyncCompletedAt { get; init; }
    public string? LastErrorCode { get; init; }
    public string? LastErrorMessage { get; init; }
    public int EventsSynced { get; init; }
    public int ConflictsPending { get; init; }
    public int ConflictsResolved { get; init; }
    public int ErrorsOpen { get; init; }
    public int HeldDeletions { get; init; }

    /// <summary>The JSON of <c>SyncProgress</c>, while a long pass runs.</summary>
    public string? Progress { get; init; }
    public Instant CreatedAt { get; init; }

    /// <summary>Whether it is cut: its row is kept for the history only.</summary>
    public bool IsDisconnected => SyncStatus == "disconnected";
}

/// <summary>A calendar of a connected account.</summary>
public sealed record AccountCalendarRow
{
    public string ExternalCalendarId { get; init; } = "";
    public string Name { get; init; } = "";
    public string? Color { get; init; }
    public bool ReadOnly { get; init; }
    public bool IsPrimary { get; init; }
    public bool Selected { get; init; }

    /// <summary>New events of Rowan go here.</summary>
    public bool IsTarget { get; init; }

    /// <summary>It is not among the account's calendars any more.</summary>
    public bool Removed { get; init; }
}

/// <summary>Settings to change; <c>null</c> leaves one as it is.</summary>
public sealed record ConnectionSettings
{
    /// <summary>bidirectional, inbound_only or outbound_only.</summary>
    public string? Direction { get; init; }

    /// <summary>Paused, or not.</summary>
    public bool? Enabled { get; init; }

    /// <summary>All calendars that are to be synced, by the provider's ids.</summary>
    public string[]? CalendarIds { get; init; }

    /// <summary>Where new events go.</summary>
    public string? TargetId { get; init; }

    /// <summary>Types of events that are not exported.</summary>
    public string[]? ExcludedTypes { get; init; }
}

/// <summary>Credentials that were tried.</summary>
/// <param name="AccountId">The account that they were tried for.</param>
/// <param name="ServerUrl">The server, where it is another one now.</param>
/// <param name="SecretType">As <c>token_type</c> of the vault.</param>
/// <param name="SecretCiphertext">The envelope of the secret.</param>
public sealed record NewCredentials(string AccountId, string? ServerUrl, string SecretType, string SecretCiphertext)
{
    /// <summary>Never the values: this type may end in a log by accident.</summary>
    public override string ToString() => nameof(NewCredentials);
}

/// <summary>A connection to make.</summary>
/// <param name="Id">Of the row that is made or revived; the secret is encrypted for it.</param>
/// <param name="Space">The space that it feeds.</param>
/// <param name="Provider">The provider.</param>
/// <param name="AccountId">The account at the provider.</param>
/// <param name="Direction">bidirectional, inbound_only or outbound_only.</param>
/// <param name="ServerUrl">The server, where the user chose one.</param>
/// <param name="CalendarsJson">Array of <c>{external_calendar_id, name, color, time_zone, read_only, is_primary, selected, is_target}</c>.</param>
/// <param name="SecretType">As <c>token_type</c> of the vault.</param>
/// <param name="SecretCiphertext">The envelope of the secret.</param>
public sealed record NewConnection(
    ConnectionId Id,
    SpaceId Space,
    CalendarProvider Provider,
    string AccountId,
    string Direction,
    string? ServerUrl,
    string CalendarsJson,
    string SecretType,
    string SecretCiphertext);

/// <summary>The user's own row for a provider and a space.</summary>
public sealed record OwnConnection
{
    public ConnectionId Id { get; init; }
    public string SyncStatus { get; init; } = "";
    public string? AccountId { get; init; }

    /// <summary>JSON of a <see cref="Persistence.CalendarChoice"/>, where a person had chosen calendars before the disconnect.</summary>
    public string? CalendarChoice { get; init; }
}

/// <summary>Which calendars of an account a person had chosen.</summary>
/// <param name="Target">Where new events went.</param>
/// <param name="Calendars">Those that were known, and whether they were synced.</param>
public sealed record CalendarChoice(string? Target, IReadOnlyDictionary<string, bool> Calendars)
{
    /// <summary>Reads the column <c>calendar_connections.calendar_choice</c>.</summary>
    public static CalendarChoice? Parse(string? json) => json is null ? null : JsonRows.ToOne<CalendarChoice>(json);
}
