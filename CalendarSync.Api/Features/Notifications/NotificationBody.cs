using CalendarSync.Core.Notifications;
using NodaTime;

namespace CalendarSync.Api.Features.Notifications;

/// <summary>A notice to the user.</summary>
internal sealed record NotificationBody
{
    public required Guid Id { get; init; }

    /// <summary>Rowan's: event, system, task and others.</summary>
    public required string Type { get; init; }
    public required string Title { get; init; }
    public required string Content { get; init; }

    /// <summary>low, normal, high or urgent.</summary>
    public required string Priority { get; init; }
    public required bool IsRead { get; init; }
    public Instant? ReadAt { get; init; }
    public Guid? SpaceId { get; init; }
    public string? SpaceName { get; init; }
    public Guid? RelatedItemId { get; init; }
    public string? RelatedItemType { get; init; }
    public string? ActionUrl { get; init; }
    public string? Emoji { get; init; }
    public Instant? CreatedAt { get; init; }

    public static NotificationBody From(NotificationRow row) => new()
    {
        Id = row.Id,
        Type = row.Type,
        Title = row.Title,
        Content = row.Content,
        Priority = row.Priority,
        IsRead = row.IsRead,
        ReadAt = row.ReadAt,
        SpaceId = row.SpaceId?.Value,
        SpaceName = row.SpaceName,
        RelatedItemId = row.RelatedItemId,
        RelatedItemType = row.RelatedItemType,
        ActionUrl = row.ActionUrl,
        Emoji = row.Emoji,
        CreatedAt = row.CreatedAt,
    };
}
