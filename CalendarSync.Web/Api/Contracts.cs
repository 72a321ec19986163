using System.Text.Json.Serialization;

namespace CalendarSync.Web.Api;

// What this page reads of the HTTP API's answers; docs/api.md has the whole of them.

public sealed record Person(Guid Id, string Email, string Name);

public sealed record Space(Guid Id, string Name, string Role);

public sealed record SignedIn(string AccessToken, Person User, IReadOnlyList<Space> Spaces);

public sealed record DemoFamily(IReadOnlyList<Person> Users);

public sealed record Connection
{
    public required Guid Id { get; init; }
    public required string Provider { get; init; }
    public string? ProviderAccountId { get; init; }
    public required Guid UserId { get; init; }
    public required string SyncStatus { get; init; }
    public required string SyncDirection { get; init; }
    public bool SyncEnabled { get; init; } = true;
    public DateTimeOffset? LastSyncAt { get; init; }
    public DateTimeOffset? NextSyncAt { get; init; }
    public int EventsSynced { get; init; }
    public int ConflictsResolved { get; init; }
    public int ErrorsOpen { get; init; }
    public int HeldDeletions { get; init; }
    public string? LastErrorMessage { get; init; }
    public SyncProgress? Progress { get; init; }
}

public sealed record HeldDeletion(Guid EventId, string? Title, string Direction);

public sealed record SyncError(Guid Id, string? Title, string Message, string Action);

public sealed record AccountCalendar(string Id, string Name, string? Color, bool ReadOnly, bool Selected, bool Target, bool Removed);

public sealed record SyncProgress(string Phase, int Done, int? Total);

public sealed record CalendarEvent
{
    public required Guid Id { get; init; }
    public required string Title { get; init; }
    public string? Description { get; init; }
    public string? Location { get; init; }
    public required DateTimeOffset StartTime { get; init; }
    public DateTimeOffset? EndTime { get; init; }
    public bool AllDay { get; init; }
    public DateOnly? StartDate { get; init; }

    /// <summary>Exclusive.</summary>
    public DateOnly? EndDate { get; init; }
    public string? Category { get; init; }
    public string? ExternalSource { get; init; }
}

public sealed record Conflict
{
    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    public required DateTimeOffset DetectedAt { get; init; }
    public required string ResolutionStatus { get; init; }
    public string? WinningSource { get; init; }
    public required string Message { get; init; }
}

public sealed record ConnectRequest(Guid SpaceId, string Email, string AppSpecificPassword, Uri? ServerUrl);

/// <summary>Only what is set is sent, and changed.</summary>
public sealed record ConnectionChange
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SyncDirection { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? SyncEnabled { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? CalendarIds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TargetCalendarId { get; init; }
}

public sealed record Connected(Guid ConnectionId, string Message);

public sealed record SyncOutcome(string Status, int EventsSynced, string Message);

public sealed record Disconnected(string Message);

public sealed record NewEvent
{
    public required Guid SpaceId { get; init; }
    public required string Title { get; init; }
    public string? Location { get; init; }
    public DateTimeOffset? StartTime { get; init; }
    public DateTimeOffset? EndTime { get; init; }
    public bool AllDay { get; init; }
    public DateOnly? StartDate { get; init; }
    public DateOnly? EndDate { get; init; }
    public required string Timezone { get; init; }
}
