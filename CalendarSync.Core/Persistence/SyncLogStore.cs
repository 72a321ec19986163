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
}

/// <summary>The log of passes as the user of the transaction sees it.</summary>
public static class SyncLogStore
{
    private const string Columns =
        """
        id, connection_id, sync_type::text as sync_type, status::text as status, started_at, completed_at, events_synced, events_created,
        events_updated, events_deleted, conflicts_detected, error_code, error_message, duration_ms, trace_id
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
}
