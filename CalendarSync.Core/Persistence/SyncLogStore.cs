using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>One pass as it was logged.</summary>
public sealed record SyncLogRow
{
    public Guid Id { get; init; }
    public ConnectionId ConnectionId { get; init; }

    /// <summary>full, incremental, manual or webhook_triggered.</summary>
    public string SyncType { get; init; } = "";

    /// <summary>pending, in_progress, completed, failed or partial.</summary>
    public string Status { get; init; } = "";
    public Instant StartedAt { get; init; }
    public Instant? CompletedAt { get; init; }
    public int EventsSynced { get; init; }
    public int EventsCreated { get; init; }
    public int EventsUpdated { get; init; }
    public int EventsDeleted { get; init; }
    public int ConflictsDetected { get; init; }
    public string? ErrorCode { get; init; }
    public string? ErrorMessage { get; init; }
    public int? DurationMs { get; init; }
    public string? TraceId { get; init; }

    /// <summary>bidirectional, inbound_only or outbound_only.</summary>
    public string SyncDirection { get; init; } = "";

    /// <summary>JSON object of milliseconds by phase, or <c>null</c>.</summary>
    public string? Phases { get; init; }

    /// <summary>Passes of the day that changed nothing and are this row.</summary>
    public int QuietPasses { get; init; }
}

/// <summary>Which passes to read.</summary>
/// <param name="Connection">Of one connection, or of all that the user sees.</param>
/// <param name="Status">pending, in_progress, completed, failed or partial.</param>
/// <param name="SyncType">full, incremental, manual or webhook_triggered.</param>
/// <param name="From">Those that started then or later.</param>
/// <param name="Until">Those that started earlier.</param>
public sealed record SyncLogQuery(ConnectionId? Connection, string? Status, string? SyncType, Instant? From, Instant? Until);

/// <summary>The log of passes as the user of the transaction sees it.</summary>
public static class SyncLogStore
{
    private const string Columns =
        """
        id, connection_id, sync_type::text as sync_type, status::text as status, started_at, completed_at, events_synced, events_created,
        events_updated, events_deleted, conflicts_detected, error_code, error_message, duration_ms, trace_id, sync_direction::text as sync_direction,
        phases::text as phases, quiet_passes
        """;

    private const string Filter =
        """
        (@connection::uuid is null or connection_id = @connection) and (@status::text is null or status = @status::sync_log_status)
        and (@syncType::text is null or sync_type = @syncType::sync_type)
        and (@from::timestamptz is null or started_at >= @from) and (@until::timestamptz is null or started_at < @until)
        """;

    /// <summary>The newest passes of a connection.</summary>
    public static Task<IReadOnlyList<SyncLogRow>> ListAsync(RowanTransaction transaction, ConnectionId connection, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<SyncLogRow>(
            $"""
            select {Columns}
              from calendar_sync_logs
             where connection_id = @connection
             order by started_at desc, id
             limit @limit
            """,
            new { connection, limit },
            cancellationToken);

    /// <summary>A page of passes, newest first.</summary>
    public static Task<IReadOnlyList<SyncLogRow>> SearchAsync(
        RowanTransaction transaction, SyncLogQuery query, int limit, int offset, CancellationToken cancellationToken) =>
        transaction.QueryAsync<SyncLogRow>(
            $"select {Columns} from calendar_sync_logs where {Filter} order by started_at desc, id limit @limit offset @offset",
            Parameters(query, limit, offset),
            cancellationToken);

    /// <summary>How many passes the filter lets through.</summary>
    public static async Task<int> CountAsync(RowanTransaction transaction, SyncLogQuery query, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<int>(
            $"select count(*)::int from calendar_sync_logs where {Filter}", Parameters(query, 0, 0), cancellationToken);

    /// <summary>The passes of a connection that started at or after an instant; oldest first.</summary>
    public static Task<IReadOnlyList<SyncLogRow>> ListSinceAsync(
        RowanTransaction transaction, ConnectionId connection, Instant since, CancellationToken cancellationToken) =>
        transaction.QueryAsync<SyncLogRow>(
            $"""
            select {Columns}
              from calendar_sync_logs
             where connection_id = @connection and started_at >= @since
             order by started_at, id
            """,
            new { connection, since },
            cancellationToken);

    private static object Parameters(SyncLogQuery query, int limit, int offset) => new
    {
        connection = query.Connection?.Value,
        status = query.Status,
        syncType = query.SyncType,
        from = query.From,
        until = query.Until,
        limit,
        offset,
    };
}
