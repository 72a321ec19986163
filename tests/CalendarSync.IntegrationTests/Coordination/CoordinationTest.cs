using System.Diagnostics;
using CalendarSync.Core.Coordination;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace CalendarSync.IntegrationTests.Coordination;

/// <summary>A test with a client of its own at the shared Redis.</summary>
public abstract class CoordinationTest(RedisServer redis) : IAsyncLifetime
{
    protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected ConnectionMultiplexer Client { get; private set; } = null!;

    /// <summary>On a clock that stands still: a machine that is busy for a second is no outage.</summary>
    protected RedisStore Store => new(Client, new FakeTimeProvider(), NullLogger<RedisStore>.Instance);

    public async ValueTask InitializeAsync() => Client = await redis.ConnectAsync();

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Waits for something that a real process does in its own time.</summary>
    protected static async Task EventuallyAsync(Func<Task<bool>> condition, string otherwise)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, otherwise);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        }
    }
}
