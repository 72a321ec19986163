using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>A test about what the triggers put into the queue.</summary>
public abstract class QueueTest(PostgresServer postgres) : DatabaseTest(postgres)
{
    /// <summary>An open or done item, as text that a test can compare.</summary>
    protected sealed record Item(Guid EventId, Guid ConnectionId, string Operation, int Priority, string Status, long Version, int RetryCount);

    protected Task<IReadOnlyList<Item>> ItemsAsync() => Database.QueryAsync<Item>(
        """
        select event_id, connection_id, operation::text as operation, priority, status::text as status, version, retry_count
        from calendar_sync_queue
        order by created_at, id
        """);

    /// <summary>The operations that are open for a connection.</summary>
    protected async Task<string[]> OperationsAsync(ConnectionId connection) =>
        [.. (await ItemsAsync()).Where(item => item.ConnectionId == connection.Value && item.Status is "pending" or "failed").Select(item => item.Operation)];

    protected Task ClearQueueAsync() => Database.ExecuteAsync("delete from calendar_sync_queue");

    protected Task EditAsync(RowanEventId happening, string set) =>
        AsUserAsync(Anna, $"update events set {set} where id = @happening", new { happening });
}
