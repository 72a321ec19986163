using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using NodaTime;

namespace CalendarSync.Core.Notifications;

/// <summary>A row of Rowan's <c>in_app_notifications</c>.</summary>
public sealed record NotificationRow
{
    public Guid Id { get; init; }
    public string Type { get; init; } = "";
    public string Title { get; init; } = "";
    public string Content { get; init; } = "";
    public string Priority { get; init; } = "";
    public bool IsRead { get; init; }
    public Instant? ReadAt { get; init; }
    public SpaceId? SpaceId { get; init; }
    public string? SpaceName { get; init; }
    public Guid? RelatedItemId { get; init; }
    public string? RelatedItemType { get; init; }
    public string? ActionUrl { get; init; }
    public string? Emoji { get; init; }
    public Instant? CreatedAt { get; init; }
}

/// <summary>
/// The notices of the user of the transaction (<see cref="RowanDatabase.BeginAsUserAsync"/>), of every kind that Rowan has. The user stands
/// in each statement and not only in the policy of the table, which is Rowan's.
/// </summary>
public static class NotificationInbox
{
    private const string Columns =
        """
        n.id, n.type, n.title, n.content, coalesce(n.priority, 'normal') as priority, coalesce(n.is_read, false) as is_read, n.read_at, n.space_id,
        n.space_name, n.related_item_id, n.related_item_type, n.action_url, n.emoji, n.created_at
        """;

    /// <summary>Notices, newest first.</summary>
    public static Task<IReadOnlyList<NotificationRow>> ListAsync(
        RowanTransaction transaction, bool unread, int limit, int offset, CancellationToken cancellationToken) =>
        transaction.QueryAsync<NotificationRow>(
            $"""
            select {Columns} from in_app_notifications n
            where n.user_id = auth.uid() and (not @unread or not coalesce(n.is_read, false))
            order by n.created_at desc, n.id
            limit @limit offset @offset
            """,
            new { unread, limit, offset },
            cancellationToken);

    /// <summary>How many the user has not read.</summary>
    public static async Task<int> CountUnreadAsync(RowanTransaction transaction, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<int>(
            "select count(*)::int from in_app_notifications n where n.user_id = auth.uid() and not coalesce(n.is_read, false)",
            null,
            cancellationToken);

    /// <summary>Marks one as read.</summary>
    /// <returns><c>null</c> when the user has no such notice.</returns>
    public static Task<NotificationRow?> MarkReadAsync(RowanTransaction transaction, Guid id, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<NotificationRow>(
            $"""
            update in_app_notifications n
            set is_read = true, read_at = coalesce(n.read_at, now())
            where n.id = @id and n.user_id = auth.uid()
            returning {Columns}
            """,
            new { id },
            cancellationToken);
}
