namespace CalendarSync.Core.Persistence;

/// <summary>One event that could not be synced, and why: parked and shown, so that it neither blocks the others nor is skipped silently.</summary>
public sealed record ItemErrorRow
{
    /// <summary>inbound or outbound.</summary>
    public required string Direction { get; init; }

    /// <summary>read, create, update or delete.</summary>
    public required string Operation { get; init; }

    /// <summary>The calendar, where it is known.</summary>
    public string? ExternalCalendarId { get; init; }

    /// <summary>The event outside, where there is one.</summary>
    public string? ExternalEventId { get; init; }

    /// <summary>The version that could not be read: it is read again when this changes.</summary>
    public string? ExternalEtag { get; init; }

    /// <summary>The event in Rowan, where there is one.</summary>
    public Guid? RowanEventId { get; init; }

    /// <summary>For the list that the user sees.</summary>
    public string? Title { get; init; }

    /// <summary>Stable, snake_case.</summary>
    public required string Code { get; init; }

    /// <summary>In plain words.</summary>
    public required string Message { get; init; }
}

/// <summary>An external event that is to be read again.</summary>
internal sealed record DueError
{
    public string ExternalCalendarId { get; init; } = "";

    public string ExternalEventId { get; init; } = "";
}

/// <summary>The list of events that could not be synced.</summary>
internal static class ItemErrorStore
{
    /// <summary>The error of a whole calendar stands under no event of it.</summary>
    internal const string CalendarItself = "";

    /// <summary>The pause of an item that was given up: it is not forgotten, only tried seldom.</summary>
    internal static readonly TimeSpan Rest = TimeSpan.FromDays(1);

    /// <summary>
    /// External events whose next try is due. They are put off first, so that one that cannot be asked for now (its calendar is not synced)
    /// does not make the connection due for ever.
    /// </summary>
    internal static Task<IReadOnlyList<DueError>> TakeDueAsync(RowanTransaction transaction, SyncLease lease, CancellationToken cancellationToken) =>
        transaction.QueryAsync<DueError>(
            """
            update calendar_sync_errors set next_retry_at = now() + @rest
            where connection_id = @connection and direction = 'inbound' and resolved_at is null and next_retry_at <= now()
              and external_calendar_id is not null and external_event_id <> ''
            returning external_calendar_id, external_event_id
            """,
            new { connection = lease.ConnectionId.Value, rest = Rest },
            cancellationToken);

    /// <summary>
    /// Opens errors, or counts another attempt of those that are open. Each is tried again by itself, ever less often: what was not
    /// readable or not writable may become so without a change that anybody tells us of.
    /// </summary>
    internal static Task OpenAsync(RowanTransaction transaction, SyncLease lease, IReadOnlyCollection<ItemErrorRow> errors, CancellationToken cancellationToken) =>
        errors.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                insert into calendar_sync_errors as x
                    (connection_id, external_calendar_id, external_event_id, external_etag, rowan_event_id, direction, operation, title, code, message,
                     next_retry_at)
                select @connection, r.external_calendar_id, r.external_event_id, r.external_etag, r.rowan_event_id, r.direction, r.operation, r.title, r.code,
                       r.message,
                       case when r.direction = 'outbound' then now() + @rest when r.external_event_id <> '' then now() + interval '1 hour' end
                from jsonb_to_recordset(@rows::jsonb) as r(external_calendar_id text, external_event_id text, external_etag text, rowan_event_id uuid,
                     direction text, operation text, title text, code text, message text)
                on conflict (connection_id, direction, coalesce(external_calendar_id, ''), coalesce(external_event_id, ''),
                             coalesce(rowan_event_id, '00000000-0000-0000-0000-000000000000'::uuid)) where resolved_at is null
                do update set external_etag = excluded.external_etag, operation = excluded.operation, title = excluded.title, code = excluded.code,
                              message = excluded.message, attempts = x.attempts + 1, occurred_at = now(),
                              next_retry_at = case
                                  when x.direction = 'inbound' and x.attempts >= 2 and x.external_event_id <> '' then now() + @rest
                                  when x.direction = 'inbound' and x.external_event_id <> '' then now() + interval '6 hours'
                                  else excluded.next_retry_at
                              end
                """,
                new { connection = lease.ConnectionId.Value, rest = Rest, rows = JsonRows.From(errors) },
                cancellationToken);

    /// <summary>Closes the errors of external events that were read, or are gone.</summary>
    internal static Task ResolveInboundAsync(
        RowanTransaction transaction, SyncLease lease, string calendarId, string[] eventIds, CancellationToken cancellationToken) =>
        eventIds.Length == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                update calendar_sync_errors set resolved_at = now()
                where connection_id = @connection and direction = 'inbound' and external_calendar_id = @calendarId
                  and external_event_id = any(@eventIds) and resolved_at is null
                """,
                new { connection = lease.ConnectionId.Value, calendarId, eventIds },
                cancellationToken);

    /// <summary>Closes the errors of Rowan events that were pushed, or need no push any more.</summary>
    internal static Task ResolveOutboundAsync(RowanTransaction transaction, SyncLease lease, Guid[] eventIds, CancellationToken cancellationToken) =>
        eventIds.Length == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                update calendar_sync_errors set resolved_at = now()
                where connection_id = @connection and direction = 'outbound' and rowan_event_id = any(@eventIds) and resolved_at is null
                """,
                new { connection = lease.ConnectionId.Value, eventIds },
                cancellationToken);
}
