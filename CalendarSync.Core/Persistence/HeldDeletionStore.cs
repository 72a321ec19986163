using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>A deletion that waits for a person.</summary>
public sealed record HeldDeletionRow
{
    public Guid Id { get; init; }
    public Guid RowanEventId { get; init; }

    /// <summary>"inbound": gone from the calendar, still in Rowan. "outbound": deleted in Rowan, still in the calendar.</summary>
    public string Direction { get; init; } = "";
    public string? Title { get; init; }
    public Instant? StartTime { get; init; }
    public Instant HeldAt { get; init; }
}

/// <summary>Deletions that are held back because there were so many at once, and what was decided about them.</summary>
public static class HeldDeletionStore
{
    /// <summary>The undecided ones of a connection that the user of the transaction may see.</summary>
    public static Task<IReadOnlyList<HeldDeletionRow>> ListAsync(RowanTransaction transaction, ConnectionId connection, CancellationToken cancellationToken) =>
        transaction.QueryAsync<HeldDeletionRow>(
            """
            select h.id, h.rowan_event_id, h.direction, coalesce(e.title, h.title) as title, e.start_time, h.held_at
            from calendar_held_deletions h left join events e on e.id = h.rowan_event_id
            where h.connection_id = @connection and h.decision is null
            order by h.held_at, e.start_time, h.id
            """,
            new { connection = connection.Value },
            cancellationToken);

    /// <summary>Decides about all that are undecided, and makes the connection due.</summary>
    /// <returns>How many; 0 when somebody was faster.</returns>
    /// <exception cref="Npgsql.PostgresException">42501 when the user may see the connection and not decide.</exception>
    public static async Task<int> DecideAsync(RowanTransaction transaction, ConnectionId connection, bool approve, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<int>(
            "select decide_held_deletions(@connection, @decision)",
            new { connection = connection.Value, decision = approve ? "approve" : "reject" },
            cancellationToken);

    /// <summary>Which of these deletions concern living pairs, and how they weigh against what is known of the calendar.</summary>
    internal static async Task<DeletionLoad> WeighInboundAsync(
        RowanTransaction transaction, SyncLease lease, string calendarId, string[] eventIds, CancellationToken cancellationToken)
    {
        var doomed = await transaction.QueryAsync<Guid>(
            """
            select m.id from calendar_event_mappings m join events e on e.id = m.rowan_event_id and e.deleted_at is null
            where m.connection_id = @connection and m.external_calendar_id = @calendarId and m.external_event_id = any(@eventIds) and m.state = 'active'
            """,
            new { connection = lease.ConnectionId.Value, calendarId, eventIds },
            cancellationToken);
        return new DeletionLoad(doomed, await ContextAsync(transaction, lease, calendarId, "inbound", cancellationToken));
    }

    /// <summary>The same for deletions in Rowan: all that wait in the queue for this calendar, whatever of them a round takes.</summary>
    internal static async Task<DeletionLoad> WeighOutboundAsync(
        RowanTransaction transaction, SyncLease lease, string calendarId, CancellationToken cancellationToken)
    {
        var doomed = await transaction.QueryAsync<Guid>(
            """
            select m.id from calendar_sync_queue q
            join calendar_event_mappings m on m.connection_id = q.connection_id and m.rowan_event_id = q.event_id
            left join events e on e.id = q.event_id and e.space_id = @space
            where q.connection_id = @connection and q.status in ('pending', 'failed') and m.external_calendar_id = @calendarId and m.state = 'active'
              and (e.id is null or e.deleted_at is not null)
              and not exists (select 1 from calendar_held_deletions h where h.mapping_id = m.id and h.decision = 'approve')
            """,
            new { connection = lease.ConnectionId.Value, space = lease.SpaceId.Value, calendarId },
            cancellationToken);
        return new DeletionLoad(doomed, await ContextAsync(transaction, lease, calendarId, "outbound", cancellationToken));
    }

    /// <summary>Puts deletions aside. Their events stay where they are.</summary>
    internal static Task HoldAsync(RowanTransaction transaction, SyncLease lease, string direction, Guid[] mappingIds, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            with held as (
                update calendar_event_mappings set state = 'held_' || @direction
                where id = any(@mappingIds) and connection_id = @connection
                returning id, rowan_event_id, external_calendar_id, external_event_id
            )
            insert into calendar_held_deletions (connection_id, mapping_id, rowan_event_id, external_calendar_id, external_event_id, direction, title)
            select @connection, held.id, held.rowan_event_id, held.external_calendar_id, held.external_event_id, @direction, e.title
            from held left join events e on e.id = held.rowan_event_id
            on conflict (mapping_id) do nothing
            """,
            new { connection = lease.ConnectionId.Value, direction, mappingIds },
            cancellationToken);

    /// <summary>Which of these events are gone outside and wait for a decision.</summary>
    internal static Task<IReadOnlyList<string>> LoadHeldAsync(
        RowanTransaction transaction, SyncLease lease, string calendarId, string[] eventIds, CancellationToken cancellationToken) =>
        transaction.QueryAsync<string>(
            """
            select external_event_id from calendar_event_mappings
            where connection_id = @connection and external_calendar_id = @calendarId and external_event_id = any(@eventIds) and state = 'held_inbound'
            """,
            new { connection = lease.ConnectionId.Value, calendarId, eventIds },
            cancellationToken);

    /// <summary>Ends the question about pairs that live on both sides again.</summary>
    internal static Task ReleaseAsync(RowanTransaction transaction, IReadOnlyCollection<Guid> mappingIds, CancellationToken cancellationToken) =>
        mappingIds.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                with released as (delete from calendar_held_deletions where mapping_id = any(@mappingIds))
                update calendar_event_mappings set state = 'active' where id = any(@mappingIds) and state in ('held_inbound', 'held_outbound')
                """,
                new { mappingIds = mappingIds.ToArray() },
                cancellationToken);

    /// <summary>Counts deletions that are about to be carried out, for the hour to come. Counted before: a crash errs on the side of asking.</summary>
    internal static Task CountAsync(
        RowanTransaction transaction, SyncLease lease, string calendarId, string direction, int count, CancellationToken cancellationToken) =>
        count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                update calendar_connection_calendars k
                set recent_deletions = (
                    select coalesce(jsonb_agg(r), '[]') from jsonb_array_elements(k.recent_deletions) r where (r->>'at')::timestamptz > now() - interval '1 hour')
                    || jsonb_build_array(jsonb_build_object('direction', @direction::text, 'at', now(), 'count', @count))
                where k.connection_id = @connection and k.external_calendar_id = @calendarId
                """,
                new { connection = lease.ConnectionId.Value, calendarId, direction, count },
                cancellationToken);

    /// <summary>What has been decided and not been carried out yet.</summary>
    internal static Task<IReadOnlyList<DecidedDeletion>> TakeDecidedAsync(RowanTransaction transaction, SyncLease lease, CancellationToken cancellationToken) =>
        transaction.QueryAsync<DecidedDeletion>(
            """
            select h.mapping_id, h.rowan_event_id, h.external_calendar_id, h.external_event_id, h.direction, h.decision = 'approve' as approved,
                   e.id is not null and e.space_id = @space as row_exists
            from calendar_held_deletions h left join events e on e.id = h.rowan_event_id
            where h.connection_id = @connection and h.decision is not null and h.carried_out_at is null
            order by h.rowan_event_id
            """,
            new { connection = lease.ConnectionId.Value, space = lease.SpaceId.Value },
            cancellationToken);

    /// <summary>Lets approved deletions out: the pairs are ordinary ones again, and the guard knows that they were approved.</summary>
    internal static Task ApproveOutboundAsync(RowanTransaction transaction, Guid[] mappingIds, CancellationToken cancellationToken) =>
        mappingIds.Length == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                with carried as (update calendar_held_deletions set carried_out_at = now() where mapping_id = any(@mappingIds))
                update calendar_event_mappings set state = 'active' where id = any(@mappingIds) and state = 'held_outbound'
                """,
                new { mappingIds },
                cancellationToken);

    private static async Task<DeletionContext> ContextAsync(
        RowanTransaction transaction, SyncLease lease, string calendarId, string direction, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<DeletionContext>(
            """
            select (select count(*)::int from calendar_event_mappings m
                    where m.connection_id = @connection and m.external_calendar_id = @calendarId and m.state <> 'hidden') as mapped,
                   (select count(*)::int from calendar_held_deletions h
                    where h.connection_id = @connection and h.external_calendar_id = @calendarId and h.direction = @direction and h.decision is null
                      and h.held_at > now() - interval '1 hour') as held,
                   coalesce((select sum((r->>'count')::int)::int from calendar_connection_calendars k, jsonb_array_elements(k.recent_deletions) r
                             where k.connection_id = @connection and k.external_calendar_id = @calendarId and r->>'direction' = @direction
                               and (r->>'at')::timestamptz > now() - interval '1 hour'), 0) as recent
            """,
            new { connection = lease.ConnectionId.Value, calendarId, direction },
            cancellationToken) ?? new DeletionContext();
}

/// <summary>Deletions that are about to happen, beside what happened in the last hour.</summary>
/// <param name="Doomed">Mappings whose other side lives.</param>
/// <param name="Context">The calendar.</param>
internal sealed record DeletionLoad(IReadOnlyList<Guid> Doomed, DeletionContext Context);

/// <summary>What the guard compares with.</summary>
internal sealed record DeletionContext
{
    /// <summary>Pairs of the calendar now.</summary>
    public int Mapped { get; init; }

    /// <summary>Held back within the last hour, and undecided.</summary>
    public int Held { get; init; }

    /// <summary>Carried out within the last hour, and so not among the mapped any more.</summary>
    public int Recent { get; init; }
}

/// <summary>A deletion that somebody has decided about.</summary>
internal sealed record DecidedDeletion
{
    public Guid MappingId { get; init; }

    public Guid RowanEventId { get; init; }

    public string ExternalCalendarId { get; init; } = "";

    public string ExternalEventId { get; init; } = "";

    public string Direction { get; init; } = "";

    public bool Approved { get; init; }

    public bool RowExists { get; init; }
}
