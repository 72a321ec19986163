using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>
/// Servers for tests that kill: a Postgres, a Redis and a calendar server that nobody else uses, so that they may be stopped. These tests
/// run one after the other, because each of them starts several processes.
/// </summary>
[CollectionDefinition(Name)]
public sealed class CrashServers : ICollectionFixture<CrashServers>, IAsyncDisposable
{
    public const string Name = "crash";

    internal PostgresServer Postgres { get; } = new();

    internal RedisServer Redis { get; } = new();

    internal RadicaleServer Radicale { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await Radicale.DisposeAsync();
        await Redis.DisposeAsync();
        await Postgres.DisposeAsync();
    }
}
