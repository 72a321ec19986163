using System.Text.Json.Serialization;
using CalendarSync.Core.Providers;

namespace CalendarSync.Api.Features.Connections.ConnectApple;

/// <summary>A calendar as Rowan's client knows it from its own CalDAV library, hence the camelCase.</summary>
internal sealed record AppleCalendarBody
{
    public required string Url { get; init; }

    [JsonPropertyName("displayName")]
    public required string DisplayName { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Ctag { get; init; }

    [JsonPropertyName("syncToken"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SyncToken { get; init; }

    /// <summary><c>#RRGGBB</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Color { get; init; }

    /// <summary>IANA zone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Timezone { get; init; }
    public required bool ReadOnly { get; init; }

    public static AppleCalendarBody From(RemoteCalendar calendar) => new()
    {
        Url = calendar.Id,
        DisplayName = calendar.Name,
        Ctag = calendar.Ctag,
        SyncToken = calendar.SyncToken,
        Color = calendar.Color,
        Timezone = calendar.TimeZone,
        ReadOnly = calendar.ReadOnly,
    };
}

internal sealed record Response(bool Success, Guid ConnectionId, IReadOnlyList<AppleCalendarBody> Calendars, string Message);
