using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>What a pass did.</summary>
public sealed record PassOutcome
{
    /// <summary>Events created, on either side.</summary>
    public int Created { get; init; }

    /// <summary>Events changed, on either side.</summary>
    public int Updated { get; init; }

    /// <summary>Events deleted, on either side.</summary>
    public int Deleted { get; init; }

    /// <summary>Conflicts recorded.</summary>
    public int Conflicts { get; init; }

    /// <summary>Events that could not be synced and were parked or put back.</summary>
    public int Failed { get; init; }

    /// <summary>Nothing happened.</summary>
    public bool IsQuiet => this is { Created: 0, Updated: 0, Deleted: 0, Conflicts: 0, Failed: 0 };
}

/// <summary>How a pass ended that could not be finished.</summary>
/// <param name="Code">Stable, snake_case.</param>
/// <param name="Message">In plain words.</param>
/// <param name="RetryIn">How long the connection rests, at least.</param>
/// <param name="NeedsReconnect">Only the user can mend it.</param>
public sealed record PassFailure(string Code, string Message, Duration RetryIn, bool NeedsReconnect);

/// <summary>The life of a pass as others see it: status, history, progress. The end of a pass is one statement.</summary>
public sealed class PassStore(RowanDatabase database)
{
    /// <summary>Begins the history row of a pass that somebody waits for, and closes those that a crash left open.</summary>
    /// <returns>The id of the row.</returns>
    public async Task<Guid> BeginAsync(SyncLease lease, string? traceId, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        await database.QueryAsServiceAsync<Guid>(
            """
            with interrupted as (
                update calendar_sync_logs
                set status = 'failed', completed_at = now(), error_code = 'interrupted', error_message = 'The sync was interrupted and started again.'
                where connection_id = @connection and status = 'in_progress' and created_at > now() - interval '2 days'
            )
            insert into calendar_sync_logs (id, connection_id, sync_type, sync_direction, status, triggered_by, trace_id)
            values (@id, @connection, @type::sync_type, @direction::sync_direction_type, 'in_progress', 'sync_service', @traceId)
            returning id
            """,
            new { id, connection = lease.ConnectionId.Value, type = TypeOf(lease), direction = lease.Direction.ToSql(), traceId },
            cancellationToken);
        return id;
    }

    /// <summary>
    /// Ends a pass that did all it could: the connection is active and next due after the interval, or at once if somebody asked
    /// meanwhile. A pass that changed nothing and that nobody asked for only adds to the day's row.
    /// </summary>
    public Task FinishAsync(
        SyncLease lease, Guid? logId, PassOutcome outcome, Duration interval, bool pulled, IReadOnlyDictionary<string, long> phases, string? traceId, CancellationToken cancellationToken) =>
        database.QueryAsServiceAsync<Guid>(
            """
            with finished as (
                update calendar_connections
                set lease_until = null, lease_owner = null, sync_status = 'active', consecutive_failures = 0, blocked_until = null,
                    last_error_code = null, last_error_message = null, last_error = null,
                    last_sync_at = case when @pulled or not @quiet then now() else last_sync_at end,
                    next_sync_at = case when @pulled then now() + @interval else next_sync_at end
                where id = @connection and fence = @fence
                returning id, last_started_at
            ), logged as (
                update calendar_sync_logs l
                set status = @status::sync_log_status, completed_at = now(), events_created = @created, events_updated = @updated, events_deleted = @deleted,
                    conflicts_detected = @conflicts, events_synced = @created + @updated + @deleted, phases = @phases::jsonb
                from finished where l.id = @logId and l.created_at > now() - interval '2 days'
            ), quiet as (
                update calendar_sync_logs l set quiet_passes = l.quiet_passes + 1, completed_at = now()
                from finished
                where @logId is null and @quiet and l.connection_id = finished.id and l.quiet_passes > 0 and l.created_at >= date_trunc('day', now())
                returning l.id
            ), inserted as (
                insert into calendar_sync_logs (id, connection_id, sync_type, sync_direction, started_at, completed_at, status, events_created, events_updated,
                    events_deleted, conflicts_detected, events_synced, triggered_by, phases, trace_id, quiet_passes)
                select gen_random_uuid(), finished.id, @type::sync_type, @direction::sync_direction_type, finished.last_started_at, now(), @status::sync_log_status, @created,
                    @updated, @deleted, @conflicts, @created + @updated + @deleted, 'sync_service', @phases::jsonb, @traceId, case when @quiet then 1 else 0 end
                from finished
                where @logId is null and not exists (select 1 from quiet)
            )
            select id from finished, pg_notify('calendar_sync_done', finished.id::text)
            """,
            new
            {
                connection = lease.ConnectionId.Value,
                lease.Fence,
                interval,
                pulled,
                quiet = outcome.IsQuiet,
                status = outcome.Failed > 0 ? "partial" : "completed",
                outcome.Created,
                outcome.Updated,
                outcome.Deleted,
                outcome.Conflicts,
                logId,
                type = TypeOf(lease),
                direction = lease.Direction.ToSql(),
                phases = JsonRows.FromOne(phases),
                traceId,
            },
            cancellationToken);

    /// <summary>Ends a pass that failed as a whole. What it had recorded stays; the connection rests, then goes on by itself.</summary>
    public Task FailAsync(SyncLease lease, Guid? logId, PassOutcome outcome, PassFailure failure, string? traceId, CancellationToken cancellationToken) =>
        database.QueryAsServiceAsync<Guid>(
            """
            with failed as (
                update calendar_connections
                set lease_until = null, lease_owner = null, consecutive_failures = consecutive_failures + 1,
                    sync_status = case when @needsReconnect then 'token_expired'::sync_status_type else 'error'::sync_status_type end,
                    last_error_code = @code, last_error_message = @message, last_error = @message,
                    blocked_until = now() + @retryIn, next_sync_at = now() + @retryIn
                where id = @connection and fence = @fence
                returning id, last_started_at
            ), logged as (
                update calendar_sync_logs l
                set status = 'failed', completed_at = now(), error_code = @code, error_message = @message, events_created = @created,
                    events_updated = @updated, events_deleted = @deleted, conflicts_detected = @conflicts, events_synced = @created + @updated + @deleted
                from failed where l.id = @logId and l.created_at > now() - interval '2 days'
            ), inserted as (
                insert into calendar_sync_logs (id, connection_id, sync_type, sync_direction, started_at, completed_at, status, error_code, error_message,
                    events_created, events_updated, events_deleted, conflicts_detected, events_synced, triggered_by, trace_id)
                select gen_random_uuid(), failed.id, @type::sync_type, @direction::sync_direction_type, failed.last_started_at, now(), 'failed', @code, @message, @created,
                    @updated, @deleted, @conflicts, @created + @updated + @deleted, 'sync_service', @traceId
                from failed where @logId is null
            )
            select id from failed, pg_notify('calendar_sync_done', failed.id::text)
            """,
            new
            {
                connection = lease.ConnectionId.Value,
                lease.Fence,
                failure.Code,
                failure.Message,
                failure.RetryIn,
                failure.NeedsReconnect,
                outcome.Created,
                outcome.Updated,
                outcome.Deleted,
                outcome.Conflicts,
                logId,
                type = TypeOf(lease),
                direction = lease.Direction.ToSql(),
                traceId,
            },
            cancellationToken);

    /// <summary>Marks the import of a full compare as complete: from here on, events of Rowan may go out.</summary>
    internal static Task CompleteImportAsync(RowanTransaction transaction, SyncLease lease, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update calendar_connections
            set initial_sync_completed_at = coalesce(initial_sync_completed_at, now()),
                sync_requested_type = case when sync_requested_at is not distinct from sync_served_at then null else sync_requested_type end
            where id = @connection
            """,
            new { connection = lease.ConnectionId.Value },
            cancellationToken);

    /// <summary>Asks for a full compare, which the next claim begins.</summary>
    internal static Task RequestFullAsync(RowanTransaction transaction, SyncLease lease, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "update calendar_connections set sync_requested_at = clock_timestamp(), sync_requested_type = 'full' where id = @connection",
            new { connection = lease.ConnectionId.Value },
            cancellationToken);

    /// <summary>How often the connection has failed in a row.</summary>
    public async Task<int> CountFailuresAsync(SyncLease lease, CancellationToken cancellationToken) =>
        (await database.QueryAsServiceAsync<int>(
            "select consecutive_failures from calendar_connections where id = @id",
            new { id = lease.ConnectionId.Value },
            cancellationToken)).SingleOrDefault();

    private static string TypeOf(SyncLease lease) => lease switch
    {
        { Full: true } => "full",
        { Requested: true } => "manual",
        _ => "incremental",
    };
}
