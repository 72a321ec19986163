using CalendarSync.Core.Persistence;

namespace CalendarSync.Core.Notifications;

/// <summary>
/// Tells people about their calendar sync, in Rowan's <c>in_app_notifications</c>: few and grouped. An unread notice is brought up to
/// date instead of followed by another.
/// </summary>
public sealed class NotificationStore(RowanDatabase database)
{
    /// <summary>
    /// Tells the user of the connection about events that could not be synced and that nobody was told about yet, all in one notice.
    /// Call it while the lease is held.
    /// </summary>
    /// <exception cref="LeaseLostException">Another worker has the connection; it tells.</exception>
    public async Task TellFailedItemsAsync(SyncLease lease, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsServiceAsync(origin: null, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
        var open = await transaction.QuerySingleOrDefaultAsync<OpenErrors>(
            """
            with told as (
                update calendar_sync_errors set notified_at = now()
                where connection_id = @connection and resolved_at is null and notified_at is null
                returning id
            )
            select count(*)::int as count,
                   (array_agg(e.title order by e.occurred_at desc) filter (where e.title is not null))[1:2] as titles,
                   (array_agg(e.message order by e.occurred_at desc))[1] as reason
            from calendar_sync_errors e
            where e.connection_id = @connection and e.resolved_at is null and exists (select 1 from told)
            """,
            new { connection = lease.ConnectionId.Value },
            cancellationToken);
        if (open is { Count: > 0 })
        {
            await TellAsync(transaction, lease, Notice.OfFailedItems(lease.Provider, open.Count, open.Titles ?? [], open.Reason), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    /// <summary>Tells the user about the deletions that are held back and undecided now, all in one notice.</summary>
    /// <exception cref="LeaseLostException">Another worker has the connection; it tells.</exception>
    public async Task TellHeldDeletionsAsync(SyncLease lease, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsServiceAsync(origin: null, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
        var (gone, deleted) = await transaction.QuerySingleOrDefaultAsync<(int, int)>(
            """
            select (count(*) filter (where direction = 'inbound'))::int, (count(*) filter (where direction = 'outbound'))::int
            from calendar_held_deletions where connection_id = @connection and decision is null
            """,
            new { connection = lease.ConnectionId.Value },
            cancellationToken);
        if (gone + deleted > 0)
        {
            await TellAsync(transaction, lease, Notice.OfHeldDeletions(lease.Provider, gone, deleted), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    /// <summary>Tells the user that the connection stands still until they sign in again. Call it while the lease is held.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="reason">Why, in plain words.</param>
    /// <param name="cancellationToken">Cancels the wait for the database.</param>
    /// <exception cref="LeaseLostException">Another worker has the connection.</exception>
    public async Task TellLostAccessAsync(SyncLease lease, string reason, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsServiceAsync(origin: null, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
        await TellAsync(transaction, lease, Notice.OfLostAccess(lease.Provider, reason), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Updates the unread notice of this kind, or adds one. The lock on the connection keeps two from being added.</summary>
    private static Task<int> TellAsync(RowanTransaction transaction, SyncLease lease, Notice notice, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            with updated as (
                update in_app_notifications
                set title = @title, content = @content, priority = @priority, created_at = now(), updated_at = now()
                where user_id = @user and related_item_id = @connection and not coalesce(is_read, false) and metadata ->> 'calendar_sync' = @kind
                returning id
            )
            insert into in_app_notifications
                (user_id, type, title, content, priority, space_id, space_name, related_item_id, related_item_type, action_url, emoji, metadata)
            select u.id, @type, @title, @content, @priority, s.id, s.name, @connection, 'calendar_connection', '/settings?tab=integrations', '📅',
                   jsonb_build_object('calendar_sync', @kind::text, 'provider', @provider::text)
            from users u
            left join spaces s on s.id = @space
            where u.id = @user and not exists (select 1 from updated)
            """,
            new
            {
                user = lease.UserId.Value,
                space = lease.SpaceId.Value,
                connection = lease.ConnectionId.Value,
                kind = notice.Kind,
                type = notice.Type,
                priority = notice.Priority,
                title = notice.Title,
                content = notice.Content,
                provider = Model.CalendarProviders.ToSql(lease.Provider),
            },
            cancellationToken);

    private sealed record OpenErrors
    {
        public int Count { get; init; }

        public string[]? Titles { get; init; }

        public string Reason { get; init; } = "";
    }
}
