using CalendarSync.ServiceDefaults;
using Npgsql;

namespace CalendarSync.Worker.Sync;

/// <summary>
/// Wakes the loop when the database says that something is due. It has a session of its own, because LISTEN belongs to a session and a
/// pooler in transaction mode would lose it.
/// </summary>
internal sealed partial class ChangeListener(
    [FromKeyedServices(RowanDataSource.Session)] NpgsqlDataSource sessions,
    WakeSignal wake,
    [FromKeyedServices(PreviewLoop.WakeKey)] WakeSignal previews,
    [FromKeyedServices(ChangeListener.StateKey)] LoopState state,
    TimeProvider time,
    ILogger<ChangeListener> logger) : BackgroundService
{
    public const string StateKey = "change-listener";

    /// <summary>How long nothing may arrive before the session is tried: a peer that vanished says nothing either.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await ListenOrWaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The request to stop.
        }
        finally
        {
            state.Ended();
        }
    }

    private async Task ListenOrWaitAsync(CancellationToken stopping)
    {
        try
        {
            await ListenAsync(stopping);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            state.Failed();
            Log.Lost(logger, state.Failures, state.Failures == 1 ? exception : null);
            await Task.Delay(Backoff.After(state.Failures), time, stopping);
        }
    }

    private async Task ListenAsync(CancellationToken stopping)
    {
        await using var session = await sessions.OpenConnectionAsync(stopping);
        session.Notification += (_, notification) => (notification.Channel == "calendar_preview" ? previews : wake).Wake();
        await ExecuteAsync(session, "listen calendar_sync; listen calendar_preview", stopping);
        Log.Listening(logger);

        // Whatever was said while nobody listened is lost: look once.
        wake.Wake();
        previews.Wake();
        while (true)
        {
            state.Succeeded();
            if (!await session.WaitAsync(Quiet, stopping))
            {
                await ExecuteAsync(session, "select 1", stopping);
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection session, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, session) { CommandTimeout = 10 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Listening for changes")]
        public static partial void Listening(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "Not listening for changes ({Failures} times in a row); polling goes on")]
        public static partial void Lost(ILogger logger, int failures, Exception? exception);
    }
}
