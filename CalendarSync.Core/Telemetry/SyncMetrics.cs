using System.Diagnostics;
using System.Diagnostics.Metrics;
using CalendarSync.Core.Model;

namespace CalendarSync.Core.Telemetry;

/// <summary>
/// The numbers of the sync. Names and units follow OpenTelemetry's conventions (seconds, annotations in braces); attributes have few
/// values: no ids.
/// </summary>
public sealed class SyncMetrics
{
    private readonly Histogram<double> _passDuration;
    private readonly Counter<long> _eventsApplied;
    private readonly Counter<long> _conflicts;
    private readonly Counter<long> _itemFailures;
    private readonly Histogram<double> _requestDuration;
    private readonly Histogram<double> _edgeToEdge;

    /// <summary>Creates the instruments.</summary>
    public SyncMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(CalendarSyncTelemetry.Name);
        _passDuration = meter.CreateHistogram(
            "calendarsync.pass.duration", "s", "Duration of sync passes, from claim to outcome.", tags: null, Buckets(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300));
        _eventsApplied = meter.CreateCounter<long>("calendarsync.events.applied", "{event}", "Events created, updated or deleted on either side.");
        _conflicts = meter.CreateCounter<long>("calendarsync.conflicts", "{conflict}", "Events that both sides had changed.");
        _itemFailures = meter.CreateCounter<long>("calendarsync.item.failures", "{failure}", "Events that could not be synced, each try.");
        _requestDuration = meter.CreateHistogram(
            "calendarsync.provider.request.duration", "s", "Duration of requests to providers.", tags: null, Buckets(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30));
        _edgeToEdge = meter.CreateHistogram(
            "calendarsync.edit.latency", "s", "Time from an edit in Rowan to its confirmation by the provider.", tags: null, Buckets(0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 900));
    }

    /// <summary>A pass has ended.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="outcome">"completed", "partial", "lease_lost" or the error code of a failure.</param>
    /// <param name="duration">From claim to outcome.</param>
    public void PassFinished(CalendarProvider provider, string outcome, TimeSpan duration) =>
        _passDuration.Record(duration.TotalSeconds, Provider(provider), new("calendarsync.outcome", outcome));

    /// <summary>Events were changed on one side.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="direction">"inbound" or "outbound".</param>
    /// <param name="operation">"create", "update" or "delete".</param>
    /// <param name="count">How many.</param>
    public void EventsApplied(CalendarProvider provider, string direction, string operation, int count)
    {
        if (count > 0)
        {
            _eventsApplied.Add(count, Provider(provider), new("calendarsync.direction", direction), new("calendarsync.operation", operation));
        }
    }

    /// <summary>Both sides had changed the same events.</summary>
    public void ConflictsDetected(CalendarProvider provider, int count)
    {
        if (count > 0)
        {
            _conflicts.Add(count, Provider(provider));
        }
    }

    /// <summary>An event could not be synced this time.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="direction">"inbound" or "outbound".</param>
    /// <param name="code">The stable error code.</param>
    public void ItemFailed(CalendarProvider provider, string direction, string code) =>
        _itemFailures.Add(1, Provider(provider), new("calendarsync.direction", direction), new("error.type", code));

    /// <summary>A provider answered, or did not.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="operation">What was asked, for example "pull" or "push".</param>
    /// <param name="error">The error code, or <c>null</c>.</param>
    /// <param name="duration">Until the answer.</param>
    public void ProviderRequest(CalendarProvider provider, string operation, string? error, TimeSpan duration)
    {
        var tags = new TagList { Provider(provider), { "calendarsync.operation", operation } };
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        _requestDuration.Record(duration.TotalSeconds, tags);
    }

    /// <summary>An edit made in Rowan is at the provider.</summary>
    public void EditDelivered(CalendarProvider provider, TimeSpan latency) =>
        _edgeToEdge.Record(Math.Max(0, latency.TotalSeconds), Provider(provider));

    private static KeyValuePair<string, object?> Provider(CalendarProvider provider) => new("calendarsync.provider", provider.ToSql());

    private static InstrumentAdvice<double> Buckets(params double[] boundaries) => new() { HistogramBucketBoundaries = boundaries };
}
