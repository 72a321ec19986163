using System.Collections.Concurrent;
using CalendarSync.Core.Model;
using CalendarSync.ServiceDefaults;
using Npgsql;

namespace CalendarSync.Api.Features.Syncing;

/// <summary>
/// Hears when passes end (<c>NOTIFY calendar_sync_done</c>), on one session for all requests that wait. It only shortens the wait: who
/// waits looks at the row anyway, so a message that is lost while the session is down costs a moment.
/// </summary>
internal sealed partial class SyncCompletions(
    [FromKeyedServices(RowanDataSource.Session)] NpgsqlDataSource sessions, TimeProvider time, ILogger<SyncCompletions> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Guid, Watch> _watches = new();

    /// <summary>Listens for the end of passes of a connection, from now until it is disposed.</summary>
    public Watch Listen(ConnectionId connection)
    {
        var watch = new Watch(this, connection);
        _watches[watch.Id] = watch;
        return watch;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException or ObjectDisposedException)
            {
                Log.Lost(logger, exception.GetType().Name);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await sessions.OpenConnectionAsync(ct);
        connection.Notification += (_, notification) => Signal(notification.Payload);
        await using (var command = new NpgsqlCommand("listen calendar_sync_done", connection))
        {
            await command.ExecuteNonQueryAsync(ct);
        }

        while (true)
        {
            await connection.WaitAsync(ct);
        }
    }

    private void Signal(string payload)
    {
        if (!Guid.TryParse(payload, out var id))
        {
            return;
        }

        foreach (var watch in _watches.Values.Where(watch => watch.Connection.Value == id))
        {
            watch.Signal();
        }
    }

    /// <summary>One request that waits.</summary>
    internal sealed class Watch(SyncCompletions owner, ConnectionId connection) : IDisposable
    {
        private readonly SemaphoreSlim _signal = new(0);

        public Guid Id { get; } = Guid.NewGuid();

        public ConnectionId Connection { get; } = connection;

        public void Signal() => _signal.Release();

        /// <summary>Until a pass has ended, or the time is up.</summary>
        public Task WaitAsync(TimeSpan atMost, CancellationToken ct) => _signal.WaitAsync(atMost, ct);

        public void Dispose()
        {
            owner._watches.TryRemove(Id, out _);
            _signal.Dispose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Not hearing of finished syncs until the database is back: {Fault}")]
        public static partial void Lost(ILogger logger, string fault);
    }
}
