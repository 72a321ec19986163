using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace CalendarSync.Worker.Sync;

/// <summary>
/// Unhealthy when this replica does not sync any more: its loop has ended, hangs, or cannot claim. Without notifications it still syncs,
/// only later: degraded.
/// </summary>
internal sealed class SyncLoopHealth(
    [FromKeyedServices(SyncLoop.StateKey)] LoopState loop,
    [FromKeyedServices(ChangeListener.StateKey)] LoopState listener,
    IOptions<WorkerOptions> options) : IHealthCheck
{
    /// <summary>One or two failures are a restart of the database; the third in a row comes after almost two seconds.</summary>
    internal const int ToleratedFailures = 3;

    /// <summary>Longer than a command may take (30 s) on top of the poll interval and the longest pause after a failure.</summary>
    private readonly TimeSpan _longestSilence = options.Value.PollInterval + Backoff.Longest + TimeSpan.FromSeconds(45);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check());

    private HealthCheckResult Check() => (loop, listener) switch
    {
        ({ HasEnded: true }, _) => HealthCheckResult.Unhealthy("The sync loop has ended."),
        _ when loop.Silence > _longestSilence => HealthCheckResult.Unhealthy("The sync loop hangs."),
        ({ Failures: >= ToleratedFailures }, _) => HealthCheckResult.Unhealthy("Due connections cannot be claimed."),
        (_, { HasEnded: true } or { Failures: > 0 }) => HealthCheckResult.Degraded("Not listening for changes; polling only."),
        _ => HealthCheckResult.Healthy(),
    };
}
