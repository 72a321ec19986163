using CalendarSync.IntegrationTests.Fixtures;
using Dapper;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>An edit never waits for what a worker holds while it stores an outcome; waiting both ways is a deadlock.</summary>
public sealed class QueueLockTests(PostgresServer postgres)
{
    [Fact]
    public async Task An_edit_does_not_wait_for_the_mapping_that_a_worker_is_writing()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var user = await database.CreateUserAsync();
        var space = await database.CreateSpaceAsync(user);
        var connection = await database.CreateConnectionAsync(space, user);
        var happening = await database.CreateEventAsync(space);
        var mapping = await database.CreateMappingAsync(happening, connection, "external");

        await using var worker = await database.Owner.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var writing = await worker.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await worker.ExecuteAsync("select 1 from calendar_event_mappings where id = @mapping for update", new { mapping }, writing);

        await database.ExecuteAsync("set lock_timeout = '5s'; update events set title = 'canary-title-new' where id = @id", new { id = happening.Value });

        Assert.Equal("canary-title-new", await database.QuerySingleAsync<string>("select title from events"));
    }
}
