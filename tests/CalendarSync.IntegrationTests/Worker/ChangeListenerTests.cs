using System.Diagnostics;
using CalendarSync.IntegrationTests.Fixtures;
using CalendarSync.Worker.Sync;
using Microsoft.Extensions.Logging.Testing;
using Npgsql;

namespace CalendarSync.IntegrationTests.Worker;

public sealed class ChangeListenerTests(PostgresServer postgres)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_edit_in_Rowan_wakes_the_loop()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var user = await database.CreateUserAsync();
        var space = await database.CreateSpaceAsync(user);
        await database.CreateConnectionAsync(space, user);
        await using var listening = await ListeningAsync(database.Worker);
        var before = listening.Wake.Count;

        await database.CreateEventAsync(space);
        await EventuallyAsync(() => listening.Wake.Count > before, "The edit does not wake the loop.");
    }

    [Fact]
    public async Task After_a_restart_of_Postgres_it_listens_again_and_wakes_the_loop_because_something_may_have_been_missed()
    {
        await using var server = new PostgresServer();
        await using var database = await server.CreateDatabaseAsync();
        await using var listening = await ListeningAsync(database.Worker);

        await server.StopAsync();
        await EventuallyAsync(() => listening.State.Failures > 0, "The loss is not noticed.");
        var before = listening.Wake.Count;
        await server.StartAsync();

        await EventuallyAsync(() => listening.State.Failures == 0, "It does not listen again.");
        var again = listening.Wake.Count;
        Assert.True(again > before, "It does not look at what was missed.");
        await database.ExecuteAsync("notify calendar_sync");
        await EventuallyAsync(() => listening.Wake.Count > again, "Notifications do not arrive any more.");
    }

    private static async Task<Listening> ListeningAsync(NpgsqlDataSource sessions)
    {
        var listening = new Listening(sessions);
        await listening.Listener.StartAsync(Cancellation);
        await EventuallyAsync(() => listening.Wake.Count == 1, "It does not listen.");
        return listening;
    }

    private static async Task EventuallyAsync(Func<bool> condition, string otherwise)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, otherwise);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }
    }

    private sealed class Listening : IAsyncDisposable
    {
        public Listening(NpgsqlDataSource sessions)
        {
            Wake = new WakeSignal(TimeProvider.System);
            Previews = new WakeSignal(TimeProvider.System);
            State = new LoopState(TimeProvider.System);
            Listener = new ChangeListener(sessions, Wake, Previews, State, TimeProvider.System, new FakeLogger<ChangeListener>());
        }

        public WakeSignal Wake { get; }

        public WakeSignal Previews { get; }

        public LoopState State { get; }

        public ChangeListener Listener { get; }

        public async ValueTask DisposeAsync()
        {
            await Listener.StopAsync(CancellationToken.None);
            Listener.Dispose();
        }
    }
}
