using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis.Profiling;

namespace CalendarSync.ServiceDefaults;

/// <summary>
/// Turns the client's own profiles into spans and a duration metric, as the OpenTelemetry conventions for Redis name them
/// (https://opentelemetry.io/docs/specs/semconv/database/redis/). Commands are named, keys and values are not.
/// </summary>
internal sealed class RedisTracing : BackgroundService
{
    public const string SourceName = "CalendarSync.Redis";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly TimeSpan DrainInterval = TimeSpan.FromSeconds(1);

    // One profile per span that is the parent of commands; commands without a parent share one, so that they are measured too.
    private readonly ConcurrentDictionary<ActivitySpanId, (Activity Parent, ProfilingSession Session)> _sessions = new();
    private readonly ProfilingSession _orphans = new();
    private readonly Histogram<double> _duration;
    private readonly TimeProvider _time;

    public RedisTracing(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        _duration = meters.Create(SourceName).CreateHistogram<double>(
            "db.client.operation.duration",
            "s",
            "Duration of Redis commands, from the call to the answer.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] });
    }

    /// <summary>Called by the client for every command.</summary>
    public ProfilingSession CurrentSession() =>
        Activity.Current is { IsAllDataRequested: true } parent
            ? _sessions.GetOrAdd(parent.SpanId, static (_, parent) => (parent, new ProfilingSession()), parent).Session
            : _orphans;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(DrainInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Drain();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Drain();
        }
    }

    private void Drain()
    {
        Report(_orphans, parent: null);
        foreach (var (id, (parent, session)) in _sessions)
        {
            // Removed only once its span has ended: until then commands may still join. A command that outlives its span is not reported.
            if (parent.IsStopped)
            {
                _sessions.TryRemove(id, out _);
            }

            Report(session, parent);
        }
    }

    private void Report(ProfilingSession session, Activity? parent)
    {
        foreach (var command in session.FinishProfiling())
        {
            _duration.Record(
                command.ElapsedTime.TotalSeconds,
                new KeyValuePair<string, object?>("db.system.name", "redis"),
                new KeyValuePair<string, object?>("db.operation.name", command.Command));
            if (parent is null)
            {
                continue;
            }

            using var span = Source.StartActivity(
                command.Command,
                ActivityKind.Client,
                parent.Context,
                [new("db.system.name", "redis"), new("db.operation.name", command.Command), new("db.namespace", command.Db)],
                startTime: command.CommandCreated);
            span?.SetEndTime(command.CommandCreated + command.ElapsedTime);
        }
    }
}
