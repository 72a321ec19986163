using CalendarSync.Core.Persistence;
using CalendarSync.Core.Sync;
using Microsoft.Extensions.Options;

namespace CalendarSync.Worker.Sync;

/// <summary>
/// Answers people who want to know what a sync would do. Beside the loop that syncs and with slots of its own: a person waits, and a pass
/// must not wait for anybody's question.
/// </summary>
internal sealed partial class PreviewLoop(
    PreviewStore store,
    PreviewSession session,
    [FromKeyedServices(PreviewLoop.WakeKey)] WakeSignal wake,
    IOptions<WorkerOptions> options,
    TimeProvider time,
    ILogger<PreviewLoop> logger) : BackgroundService
{
    public const string WakeKey = "previews";

    /// <summary>Previews at the same time.</summary>
    private const int Slots = 4;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = new List<Task>();
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StartAsync(running, stoppingToken);
                failures = 0;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                failures++;
                Log.ClaimFailed(logger, failures, failures == 1 ? exception : null);
                await Task.Delay(Backoff.After(failures), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                // The request to stop.
            }
        }

        // Those that run give their question back.
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task StartAsync(List<Task> running, CancellationToken stopping)
    {
        running.RemoveAll(preview => preview.IsCompleted);
        if (running.Count >= Slots)
        {
            await Task.WhenAny(running).WaitAsync(stopping);
        }
        else if (await store.ClaimAsync(PreviewSession.Limit * 1.5, stopping) is { } request)
        {
            running.Add(session.RunAsync(request, stopping));
        }
        else
        {
            await wake.WaitAsync(options.Value.PollInterval, stopping);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Questions for previews could not be read ({Failures} times in a row); trying again")]
        public static partial void ClaimFailed(ILogger logger, int failures, Exception? exception);
    }
}
