using CalendarSync.Core.Persistence;

namespace CalendarSync.Core.Queue;

/// <summary>An edit in Rowan that waits to go out: one per event and connection, however often the event was edited.</summary>
public sealed record QueueItem
{
    /// <summary>Primary key.</summary>
    public required Guid Id { get; init; }

    /// <summary>Counts the edits that this item stands for. An item is done only if no edit came while it was being pushed.</summary>
    public required long Version { get; init; }

    /// <summary>The event in Rowan; it may be gone.</summary>
    public required Guid EventId { get; init; }

    /// <summary>Failed tries since the last edit.</summary>
    public int RetryCount { get; init; }

    /// <summary>The W3C trace context of the edit, where it had one.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>A try that failed.</summary>
/// <param name="Id">The item.</param>
/// <param name="Version">As read.</param>
/// <param name="Error">In plain words.</param>
/// <param name="RetryIn">How long to wait; an edit of the event ends the wait.</param>
public sealed record FailedTry(Guid Id, long Version, string Error, TimeSpan RetryIn);

/// <summary>
/// The queue of edits to push. There is no "processing": the lease on the connection is exclusive, an item stays pending until its
/// outcome is stored, and then goes only if its version is still the one that was read. A worker that dies leaves nothing behind.
/// </summary>
internal static class OutboundQueue
{
    private const string Comparable =
        """
        select e.id as event_id
        from calendar_connections c join events e on e.space_id = c.space_id
        where c.id = @connection and e.deleted_at is null
          and (e.event_type is null or e.event_type <> all(c.excluded_event_types))
          and not exists (select 1 from calendar_event_mappings m where m.connection_id = c.id and m.rowan_event_id = e.id)
        union all
        select m.rowan_event_id from calendar_event_mappings m
        where m.connection_id = @connection
          and (m.state <> 'hidden' or exists (select 1 from events e where e.id = m.rowan_event_id and e.deleted_at is null))
        """;

    /// <summary>The next items that are ready, the most urgent first.</summary>
    internal static Task<IReadOnlyList<QueueItem>> PeekAsync(RowanTransaction transaction, SyncLease lease, int max, CancellationToken cancellationToken) =>
        transaction.QueryAsync<QueueItem>(
            """
            select id, version, event_id, retry_count, trace_parent from calendar_sync_queue
            where connection_id = @connection and (status = 'pending' or (status = 'failed' and next_retry_at <= now()))
            order by priority, created_at
            limit @max
            """,
            new { connection = lease.ConnectionId.Value, max },
            cancellationToken);

    /// <summary>Queues events of this connection for comparison. In the order of their ids, as the trigger does, so that the two never deadlock.</summary>
    internal static Task EnqueueAsync(RowanTransaction transaction, SyncLease lease, IReadOnlyCollection<Guid> eventIds, CancellationToken cancellationToken) =>
        eventIds.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                insert into calendar_sync_queue as q (event_id, connection_id, operation, priority)
                select id, @connection, 'update'::queue_operation, 5 from unnest(@ids) as id
                order by id
                on conflict (connection_id, event_id) where status in ('pending', 'failed')
                do update set version = q.version + 1, status = 'pending', retry_count = 0, next_retry_at = null, last_error = null
                """,
                new { connection = lease.ConnectionId.Value, ids = eventIds.ToArray() },
                cancellationToken);

    /// <summary>
    /// Queues every event of the space that may differ outside: those without a base in the connection, and, for a full compare, those
    /// with one. Where both sides are equal the item costs a comparison and no request.
    /// </summary>
    internal static Task<int> EnqueueSpaceAsync(RowanTransaction transaction, SyncLease lease, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            $"""
            insert into calendar_sync_queue as q (event_id, connection_id, operation, priority)
            select event_id, @connection, 'update'::queue_operation, 7 from ({Comparable}) comparable
            order by 1
            on conflict (connection_id, event_id) where status in ('pending', 'failed')
            do update set version = q.version + 1, status = 'pending', retry_count = 0, next_retry_at = null, last_error = null
            """,
            new { connection = lease.ConnectionId.Value },
            cancellationToken);

    /// <summary>The events that <see cref="EnqueueSpaceAsync"/> would queue.</summary>
    internal static Task<IReadOnlyList<Guid>> ListSpaceAsync(RowanTransaction transaction, SyncLease lease, CancellationToken cancellationToken) =>
        transaction.QueryAsync<Guid>(Comparable, new { connection = lease.ConnectionId.Value }, cancellationToken);

    /// <summary>
    /// Queues the events of a calendar that was compared in full, but for those whose base this pass has just written. While the calendar was not
    /// synced nothing of them went out.
    /// </summary>
    internal static Task<int> EnqueueCalendarAsync(RowanTransaction transaction, SyncLease lease, string calendarId, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            insert into calendar_sync_queue as q (event_id, connection_id, operation, priority)
            select m.rowan_event_id, c.id, 'update'::queue_operation, 7
            from calendar_connections c join calendar_event_mappings m on m.connection_id = c.id
            where c.id = @connection and m.external_calendar_id = @calendarId and m.state <> 'hidden' and m.last_synced_at < c.last_started_at
            order by 1
            on conflict (connection_id, event_id) where status in ('pending', 'failed')
            do update set version = q.version + 1, status = 'pending', retry_count = 0, next_retry_at = null, last_error = null
            """,
            new { connection = lease.ConnectionId.Value, calendarId },
            cancellationToken);

    /// <summary>Has another look at the edits of these calendars that could not be written.</summary>
    internal static Task<int> ReleaseAsync(RowanTransaction transaction, SyncLease lease, string[] calendarIds, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update calendar_sync_queue q set status = 'pending', retry_count = 0, next_retry_at = null, last_error = null
            from calendar_event_mappings m
            where q.connection_id = @connection and q.status = 'failed'
              and m.connection_id = q.connection_id and m.rowan_event_id = q.event_id and m.external_calendar_id = any(@calendarIds)
            """,
            new { connection = lease.ConnectionId.Value, calendarIds },
            cancellationToken);

    /// <summary>Completes items that no edit has touched since they were read.</summary>
    internal static Task CompleteAsync(RowanTransaction transaction, IReadOnlyCollection<QueueItem> items, CancellationToken cancellationToken) =>
        items.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                update calendar_sync_queue q set status = 'completed', processed_at = now(), last_error = null, next_retry_at = null
                from unnest(@ids, @versions) as done(id, version)
                where q.id = done.id and q.version = done.version and q.status in ('pending', 'failed')
                """,
                new { ids = items.Select(i => i.Id).ToArray(), versions = items.Select(i => i.Version).ToArray() },
                cancellationToken);

    /// <summary>Puts items back for later. An item that was edited meanwhile starts afresh instead.</summary>
    internal static Task FailAsync(RowanTransaction transaction, IReadOnlyCollection<FailedTry> failures, CancellationToken cancellationToken) =>
        failures.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                update calendar_sync_queue q
                set status = 'failed', retry_count = q.retry_count + 1, last_error = f.error, next_retry_at = now() + f.retry_in
                from unnest(@ids, @versions, @errors, @delays) as f(id, version, error, retry_in)
                where q.id = f.id and q.version = f.version and q.status in ('pending', 'failed')
                """,
                new
                {
                    ids = failures.Select(f => f.Id).ToArray(),
                    versions = failures.Select(f => f.Version).ToArray(),
                    errors = failures.Select(f => f.Error).ToArray(),
                    delays = failures.Select(f => f.RetryIn).ToArray(),
                },
                cancellationToken);
}
