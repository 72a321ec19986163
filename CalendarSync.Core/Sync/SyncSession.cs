using System.Diagnostics;
using System.Security.Cryptography;
using CalendarSync.Core.Model;
using CalendarSync.Core.Notifications;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Telemetry;
using CalendarSync.Core.Vault;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NodaTime;
using Npgsql;

namespace CalendarSync.Core.Sync;

/// <summary>
/// One pass over one connection: pull, apply, push, and the record of it. It ends by itself in every case: whatever a provider or the
/// database throws becomes the state of the connection, in words for its user.
/// </summary>
public sealed partial class SyncSession
{
    private readonly LeaseStore _leases;
    private readonly PassStore _passes;
    private readonly PassFactory _factory;
    private readonly CalendarDirectory _directory;
    private readonly Importer _importer;
    private readonly RetryPhase _retries;
    private readonly Exporter _exporter;
    private readonly ProgressReporter _progress;
    private readonly NotificationStore _notifications;
    private readonly SyncMetrics _metrics;
    private readonly SyncOptions _options;
    private readonly QueueOptions _queueOptions;
    private readonly TimeProvider _time;
    private readonly ILogger<SyncSession> _logger;

    internal SyncSession(
        LeaseStore leases,
        PassStore passes,
        PassFactory factory,
        CalendarDirectory directory,
        Importer importer,
        RetryPhase retries,
        Exporter exporter,
        ProgressReporter progress,
        NotificationStore notifications,
        SyncMetrics metrics,
        IOptions<SyncOptions> options,
        IOptions<QueueOptions> queueOptions,
        TimeProvider time,
        ILogger<SyncSession> logger)
    {
        _leases = leases;
        _passes = passes;
        _factory = factory;
        _directory = directory;
        _importer = importer;
        _retries = retries;
        _exporter = exporter;
        _progress = progress;
        _notifications = notifications;
        _metrics = metrics;
        _options = options.Value;
        _queueOptions = queueOptions.Value;
        _time = time;
        _logger = logger;
    }

    /// <summary>Runs the pass that the lease stands for.</summary>
    /// <exception cref="OperationCanceledException">The worker stops, or lost the lease. What was recorded stays; the rest is done again.</exception>
    public async Task RunAsync(SyncLease lease, CancellationToken cancellationToken)
    {
        using var activity = CalendarSyncTelemetry.Source.StartActivity("sync.pass", ActivityKind.Internal);
        activity?.SetTag("calendarsync.connection.id", lease.ConnectionId.Value);
        activity?.SetTag("calendarsync.provider", lease.Provider.ToSql());
        var traceId = activity?.TraceId.ToString();
        SyncPass? pass = null;
        Guid? logId = null;
        var started = _time.GetTimestamp();
        try
        {
            pass = _factory.Open(lease);
            logId = lease.Requested || lease.Full ? await _passes.BeginAsync(lease, traceId, cancellationToken) : null;
            await RunAsync(pass, cancellationToken);
            await FinishAsync(pass, logId, traceId, cancellationToken);
            Count(lease, pass.Outcome, error: null, started);
        }
        catch (NpgsqlException away) when (IsAway(away))
        {
            // Our own database, not the calendar: no failure of the connection. The pass is given back and done again.
            Log.DatabaseAway(_logger, lease.ConnectionId.Value, away);
            await ReleaseAsync(lease);
        }
        catch (LeaseLostException)
        {
            Log.LeaseLost(_logger, lease.ConnectionId.Value);
            activity?.SetStatus(ActivityStatusCode.Error, "lease_lost");
            Count(lease, pass?.Outcome, "lease_lost", started);

            // Where nobody else has it, a commit of the pass was lost: then it is done again at once.
            await ReleaseAsync(lease);
        }
        catch (Exception exception) when (!(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
            var code = await FailAsync(lease, pass, logId, exception, traceId);
            Count(lease, pass?.Outcome, code, started);
        }
    }

    private async Task RunAsync(SyncPass pass, CancellationToken cancellationToken)
    {
        if (pass.Lease.Pull)
        {
            await _progress.ReportAsync(pass, SyncPhase.Listing, 0, 0, cancellationToken);
            await _directory.RefreshAsync(pass, cancellationToken);
            await MeasureAsync(pass, "pull", () => _importer.RunAsync(pass, cancellationToken));
        }

        if (pass.Lease.Retries)
        {
            await MeasureAsync(pass, "retry", () => _retries.RunAsync(pass, cancellationToken));
        }

        if (pass.MayPush)
        {
            await MeasureAsync(pass, "push", () => _exporter.RunAsync(pass, cancellationToken));
        }
    }

    private async Task FinishAsync(SyncPass pass, Guid? logId, string? traceId, CancellationToken cancellationToken)
    {
        if (pass.Outcome.Failed > 0)
        {
            await _notifications.TellFailedItemsAsync(pass.Lease, cancellationToken);
        }

        if (pass.Outcome.Conflicts > 0 || pass.Lease.Untold)
        {
            await _notifications.TellConflictsAsync(pass.Lease, cancellationToken);
        }

        // A tenth of jitter, so that connections made together do not come due together for ever.
        var jittered = _options.IntervalOf(pass.Lease.Provider) * (0.95 + (RandomNumberGenerator.GetInt32(1000) / 10_000.0));
        await _passes.FinishAsync(pass.Lease, logId, pass.Outcome, jittered, pass.Pulled, pass.Phases, traceId, cancellationToken);
        var outcome = pass.Outcome;
        if (!outcome.IsQuiet)
        {
            Log.Finished(_logger, pass.Lease.ConnectionId.Value, outcome.Created, outcome.Updated, outcome.Deleted, outcome.Conflicts, outcome.Failed);
        }

        var total = outcome.Created + outcome.Updated + outcome.Deleted;
        await _progress.ReportAsync(pass, SyncPhase.Done, total, total, cancellationToken);
    }

    private async Task ReleaseAsync(SyncLease lease)
    {
        try
        {
            await _leases.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (Exception unreachable) when (unreachable is NpgsqlException or TimeoutException)
        {
            Log.OutcomeNotStored(_logger, lease.ConnectionId.Value, unreachable);
        }
    }

    // Stored without the caller's token: a worker that is stopping still leaves the reason behind.
    private async Task<string> FailAsync(SyncLease lease, SyncPass? pass, Guid? logId, Exception exception, string? traceId)
    {
        var failures = 1;
        try
        {
            failures += await _passes.CountFailuresAsync(lease, CancellationToken.None);
            var failure = Classify(exception, failures);
            Log.Failed(_logger, lease.ConnectionId.Value, failure.Code, exception is ProviderException or VaultException ? null : exception);
            if (failure.NeedsReconnect)
            {
                await _notifications.TellLostAccessAsync(lease, failure.Message, CancellationToken.None);
            }

            await _passes.FailAsync(lease, logId, pass?.Outcome ?? new PassOutcome(), failure, traceId, CancellationToken.None);
            await _progress.ReportEndAsync(lease, failure.Message, CancellationToken.None);
            return failure.Code;
        }
        catch (LeaseLostException)
        {
            Log.LeaseLost(_logger, lease.ConnectionId.Value);
            return "lease_lost";
        }
        catch (Exception unreachable) when (unreachable is NpgsqlException or TimeoutException)
        {
            // The database is away. The lease runs out by the database's own clock, and the next claim takes over.
            Log.OutcomeNotStored(_logger, lease.ConnectionId.Value, unreachable);
            return "outcome_not_stored";
        }
    }

    // 25P03 (idle_in_transaction_session_timeout): this process stood still in the middle of a transaction. Class 08 is of the connection:
    // pgbouncer says all that it has to say with 08P01, also that Postgres is being restarted.
    private static bool IsAway(NpgsqlException exception) =>
        exception.IsTransient || exception.SqlState is "25P03" or ['0', '8', ..];

    private void Count(SyncLease lease, PassOutcome? outcome, string? error, long started)
    {
        _metrics.PassFinished(lease.Provider, error, _time.GetElapsedTime(started));
        _metrics.EventsApplied(lease.Provider, "create", outcome?.Created ?? 0);
        _metrics.EventsApplied(lease.Provider, "update", outcome?.Updated ?? 0);
        _metrics.EventsApplied(lease.Provider, "delete", outcome?.Deleted ?? 0);
        _metrics.ConflictsDetected(lease.Provider, outcome?.Conflicts ?? 0);
        _metrics.ItemsFailed(lease.Provider, outcome?.Failed ?? 0);
    }

    private PassFailure Classify(Exception exception, int failures)
    {
        var rest = Duration.FromTimeSpan(_queueOptions.RestAfter(failures));
        return exception switch
        {
            ProviderException { Fault: ProviderFault.AuthExpired } expired => new(expired.Code, expired.Message, rest, NeedsReconnect: true),
            ProviderException { RetryAt: { } at } limited => new(limited.Code, limited.Message, Later(at, rest), NeedsReconnect: false),
            ProviderException other => new(other.Code, other.Message, rest, NeedsReconnect: false),
            VaultException => new("credentials_unreadable", "The stored password cannot be read any more. Please reconnect.", rest, NeedsReconnect: true),
            _ => new("internal_error", "Something went wrong on our side. The sync is tried again.", rest, NeedsReconnect: false),
        };
    }

    private Duration Later(Instant at, Duration rest) => Duration.Max(at - Instant.FromDateTimeOffset(_time.GetUtcNow()), rest);

    private async Task MeasureAsync(SyncPass pass, string phase, Func<Task> run)
    {
        var started = _time.GetTimestamp();
        await run();
        pass.Phases[phase] = (long)_time.GetElapsedTime(started).TotalMilliseconds;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The database was away during a sync of connection {ConnectionId}; the sync is done again")]
        public static partial void DatabaseAway(ILogger logger, Guid connectionId, Exception exception);

        [LoggerMessage(
            LogLevel.Information,
            "Synced connection {ConnectionId}: {Created} created, {Updated} updated, {Deleted} deleted, {Conflicts} conflicts, {Failed} failed")]
        public static partial void Finished(ILogger logger, Guid connectionId, int created, int updated, int deleted, int conflicts, int failed);

        [LoggerMessage(LogLevel.Warning, "The sync of connection {ConnectionId} failed: {Code}")]
        public static partial void Failed(ILogger logger, Guid connectionId, string code, Exception? exception);

        [LoggerMessage(LogLevel.Information, "Lost the lease on connection {ConnectionId}: it was disconnected, another worker has it, or the database forgot a part of the sync")]
        public static partial void LeaseLost(ILogger logger, Guid connectionId);

        [LoggerMessage(LogLevel.Warning, "The outcome of a sync of connection {ConnectionId} could not be stored; it is claimed again when its lease has run out")]
        public static partial void OutcomeNotStored(ILogger logger, Guid connectionId, Exception exception);
    }
}
