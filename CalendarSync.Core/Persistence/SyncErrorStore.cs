using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>Something that is not in step, as its user sees it.</summary>
public sealed record SyncErrorRow
{
    public Guid Id { get; init; }
    public string? Title { get; init; }

    /// <summary>read, create, update or delete.</summary>
    public string Operation { get; init; } = "";
    public string Code { get; init; } = "";
    public string Message { get; init; } = "";
    public Instant OccurredAt { get; init; }
    public Instant? NextRetryAt { get; init; }
}

/// <summary>The list of what could not be synced, for the user of the transaction. The sync itself writes it through <c>ItemErrorStore</c>.</summary>
public static class SyncErrorStore
{
    /// <summary>What is open, the newest first.</summary>
    public static Task<IReadOnlyList<SyncErrorRow>> ListAsync(RowanTransaction transaction, ConnectionId connection, CancellationToken cancellationToken) =>
        transaction.QueryAsync<SyncErrorRow>(
            """
            select e.id, coalesce((select v.title from events v where v.id = e.rowan_event_id), e.title) as title, e.operation, e.code, e.message, e.occurred_at,
                   e.next_retry_at
            from calendar_sync_errors e
            where e.connection_id = @connection and e.resolved_at is null
            order by e.occurred_at desc, e.id
            limit 500
            """,
            new { connection = connection.Value },
            cancellationToken);

    /// <summary>Makes one due at once, and its connection with it.</summary>
    /// <returns><c>null</c> when the user can see no such error, <c>false</c> when it is resolved already.</returns>
    /// <exception cref="Npgsql.PostgresException">42501 when the user may see it and not sync the connection.</exception>
    public static Task<bool?> RetryAsync(RowanTransaction transaction, Guid id, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<bool?>("select retry_sync_error(@id)", new { id }, cancellationToken);
}
