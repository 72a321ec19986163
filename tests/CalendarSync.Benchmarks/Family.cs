using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.Benchmarks;

/// <summary>A database of its own with the engine on it, and connections that nothing has been read of yet.</summary>
internal sealed class Family(TestDatabase database, Engine engine) : IAsyncDisposable
{
    public TestDatabase Database => database;

    public Engine Engine => engine;

    public static async Task<Family> CreateAsync(PostgresServer postgres, RedisServer redis)
    {
        await redis.StartAsync();
        var database = await postgres.CreateDatabaseAsync();
        return new Family(database, await Engine.CreateAsync(database.WorkerConnectionString, redis.ConnectionString));
    }

    public async Task ConnectAsync(CalendarSource calendar)
    {
        var user = await database.CreateUserAsync();
        var space = await database.CreateSpaceAsync(user);
        var connection = await database.CreateConnectionAsync(space, user, serverUrl: calendar.Address.ToString(), account: calendar.User, due: true);
        await database.CreateCalendarAsync(connection, Uri.UnescapeDataString(calendar.Address.AbsolutePath));
        await engine.StorePasswordAsync(connection, calendar.Password);
    }

    /// <summary>The polling interval is over.</summary>
    public Task MakeDueAsync() => database.ExecuteAsync("update calendar_connections set next_sync_at = now()");

    /// <summary>Fails when not every event of every calendar has arrived: a quick import of nothing is no result.</summary>
    public async Task VerifyAsync(long events)
    {
        var stored = await database.QuerySingleAsync<long>("select count(*) from events where deleted_at is null");
        var error = await database.QuerySingleAsync<string?>("select max(last_error_code) from calendar_connections");
        if (stored != events || error is not null)
        {
            throw new InvalidOperationException($"{stored} of {events} events are there ({error ?? "no error"}).");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await database.DisposeAsync();
    }
}
