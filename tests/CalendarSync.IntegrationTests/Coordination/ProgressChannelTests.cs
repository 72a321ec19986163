using System.Threading.Channels;
using CalendarSync.Core.Coordination;
using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Coordination;

public sealed class ProgressChannelTests(RedisServer redis) : CoordinationTest(redis)
{
    private ProgressChannel Progress => new(Store);
    private readonly ConnectionId _connection = new(Guid.NewGuid());

    [Fact]
    public async Task A_watcher_sees_each_step_in_order_and_only_of_its_connection()
    {
        await using var watcher = await StartWatchingAsync();
        SyncProgress[] steps = [new(SyncPhase.Listing, 0, 0, "Reading"), new(SyncPhase.Importing, 3, 7, "3 of 7"), new(SyncPhase.Done, 7, 7, "Done")];

        await Progress.PublishAsync(new(Guid.NewGuid()), new(SyncPhase.Exporting, 1, 1, "Another family"), Cancellation);
        foreach (var step in steps)
        {
            await Progress.PublishAsync(_connection, step, Cancellation);
        }

        foreach (var step in steps)
        {
            Assert.Equal(step, await watcher.NextAsync());
        }
    }

    [Fact]
    public async Task When_one_watcher_leaves_the_others_go_on_and_nothing_stays_subscribed_after_the_last()
    {
        var first = await StartWatchingAsync();
        await using (var second = await StartWatchingAsync())
        {
            await first.DisposeAsync();
            await Progress.PublishAsync(_connection, new(SyncPhase.Importing, 1, 2, "1 of 2"), Cancellation);
            Assert.Equal(1, (await second.NextAsync()).Done);
        }

        await EventuallyAsync(async () => await SubscribersAsync() == 0, "A subscription is left behind.");
    }

    [Fact]
    public async Task A_slow_watcher_misses_steps_but_not_the_newest()
    {
        await using var watcher = await StartWatchingAsync();
        for (var done = 1; done <= 100; done++)
        {
            await Progress.PublishAsync(_connection, new(SyncPhase.Importing, done, 100, ""), Cancellation);
        }

        SyncProgress step;
        do
        {
            step = await watcher.NextAsync();
        }
        while (step.Done < 100);
    }

    private async Task<Watcher> StartWatchingAsync()
    {
        var before = await SubscribersAsync();
        var watcher = new Watcher(Progress, _connection);
        if (before == 0)
        {
            await EventuallyAsync(async () => await SubscribersAsync() == 1, "The subscription does not arrive.");
        }

        return watcher;
    }

    private async Task<long> SubscribersAsync()
    {
        var answer = (StackExchange.Redis.RedisResult[])(await Client.GetDatabase()
            .ExecuteAsync("PUBSUB", "NUMSUB", $"calendarsync:progress:{_connection.Value:D}"))!;
        return (long)answer[1];
    }

    private sealed class Watcher : IAsyncDisposable
    {
        private readonly CancellationTokenSource _leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        private readonly Channel<SyncProgress> _seen = Channel.CreateUnbounded<SyncProgress>();
        private readonly Task _watching;

        public Watcher(ProgressChannel channel, ConnectionId connection) => _watching = WatchAsync(channel, connection);

        public async Task<SyncProgress> NextAsync() => await _seen.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Deadline, Cancellation);

        public async ValueTask DisposeAsync()
        {
            await _leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _watching);
            _leaving.Dispose();
        }

        private async Task WatchAsync(ProgressChannel channel, ConnectionId connection)
        {
            await foreach (var step in channel.WatchAsync(connection, _leaving.Token))
            {
                _seen.Writer.TryWrite(step);
            }
        }
    }
}
