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
            await TellAsync(transaction, lease, lease.UserId.Value, Notice.OfFailedItems(lease.Provider, open.Count, open.Titles ?? [], open.Reason), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Tells about conflicts that nobody was told about yet, all in one notice to each: to the user of the connection all of them, to whoever
    /// made the edits in Rowan their own. Call it while the lease is held.
    /// </summary>
    /// <exception cref="LeaseLostException">Another worker has the connection; it tells.</exception>
    public async Task TellConflictsAsync(SyncLease lease, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsServiceAsync(origin: null, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
        var recipients = await transaction.QueryAsync<Guid>(
            """
            with told as (
                update calendar_sync_conflicts set notified_at = now()
                where connection_id = @connection and notified_at is null and kind <> 'same_edit'
                returning edited_by
            )
            select @user::uuid where exists (select 1 from told)
            union
            -- Who left the space is told nothing about its events.
            select m.user_id from told join space_members m on m.user_id = told.edited_by and m.space_id = @space
            """,
            new { connection = lease.ConnectionId.Value, user = lease.UserId.Value, space = lease.SpaceId.Value },
            cancellationToken);
        foreach (var recipient in recipients)
        {
            var news = await ReadConflictsAsync(transaction, lease, recipient, cancellationToken);
            var newest = ConflictWords.Describe(news.Kind, news.Title, ConflictWords.NameOf(lease.Provider), news.WinningSource, isDecided: false);
            await TellAsync(transaction, lease, recipient, Notice.OfConflicts(lease.Provider, news.Count, news.Titles ?? [], newest), cancellationToken);
        }

        if (recipients.Count > 0)
        {
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
            await TellAsync(transaction, lease, lease.UserId.Value, Notice.OfHeldDeletions(lease.Provider, gone, deleted), cancellationToken);
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
        await TellAsync(transaction, lease, lease.UserId.Value, Notice.OfLostAccess(lease.Provider, reason), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>What was just told, and what stands in a notice that the recipient has not read yet, which is brought up to date.</summary>
    private static async Task<ConflictNews> ReadConflictsAsync(RowanTransaction transaction, SyncLease lease, Guid recipient, CancellationToken cancellationToken) =>
        (await transaction.QueryAsync<ConflictNews>(
            """
            select count(*)::int as count,
                   (array_agg(f.title order by f.detected_at desc) filter (where f.title <> ''))[1:2] as titles,
                   (array_agg(f.title order by f.detected_at desc))[1] as title,
                   (array_agg(f.kind order by f.detected_at desc))[1] as kind,
                   (array_agg(f.winning_source::text order by f.detected_at desc))[1] as winning_source
            from calendar_sync_conflicts f
            where f.connection_id = @connection and f.kind <> 'same_edit' and (@recipient = @user or f.edited_by = @recipient)
              and f.notified_at >= coalesce(
                  (select min((n.metadata ->> 'since')::timestamptz) from in_app_notifications n
                   where n.user_id = @recipient and n.related_item_id = @connection and not coalesce(n.is_read, false)
                     and n.metadata ->> 'calendar_sync' = @kind),
                  now())
            """,
            new { connection = lease.ConnectionId.Value, user = lease.UserId.Value, recipient, kind = Notice.Conflicts },
            cancellationToken)).Single();

    /// <summary>Updates the unread notice of this kind, or adds one. The lock on the connection keeps two from being added.</summary>
    private static Task<int> TellAsync(RowanTransaction transaction, SyncLease lease, Guid recipient, Notice notice, CancellationToken cancellationToken) =>
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
                   jsonb_build_object('calendar_sync', @kind::text, 'provider', @provider::text, 'since', now())
            from users u
            left join spaces s on s.id = @space
            where u.id = @user and not exists (select 1 from updated)
            """,
            new
            {
                user = recipient,
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

    private sealed record ConflictNews
    {
        public int Count { get; init; }

        public string[]? Titles { get; init; }

        public string? Title { get; init; }

        public string Kind { get; init; } = "";

        public string? WinningSource { get; init; }
    }

    private sealed record OpenErrors
    {
        public int Count { get; init; }

        public string[]? Titles { get; init; }

        public string Reason { get; init; } = "";
    }
}
