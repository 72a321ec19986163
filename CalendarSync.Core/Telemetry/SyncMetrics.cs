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

    /// <summary>Creates the instruments.</summary>
    public SyncMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(CalendarSyncTelemetry.Name);
        _passDuration = meter.CreateHistogram(
            "calendarsync.pass.duration",
            "s",
            "Duration of sync passes, from claim to outcome.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });
        _eventsApplied = meter.CreateCounter<long>("calendarsync.events.applied", "{event}", "Events created, updated or deleted on either side.");
        _conflicts = meter.CreateCounter<long>("calendarsync.conflicts", "{conflict}", "Events that both sides had changed.");
        _itemFailures = meter.CreateCounter<long>("calendarsync.item.failures", "{failure}", "Events that could not be synced, each try.");
    }

    /// <summary>A pass has ended.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="error">The stable code of the failure, or <c>null</c>.</param>
    /// <param name="duration">From claim to outcome.</param>
    public void PassFinished(CalendarProvider provider, string? error, TimeSpan duration)
    {
        var tags = new TagList { Provider(provider) };
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        _passDuration.Record(duration.TotalSeconds, tags);
    }

    /// <summary>Events were changed on one side.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="operation">"create", "update" or "delete".</param>
    /// <param name="count">How many; 0 is not recorded.</param>
    public void EventsApplied(CalendarProvider provider, string operation, int count)
    {
        if (count > 0)
        {
            _eventsApplied.Add(count, Provider(provider), new("calendarsync.operation", operation));
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

    /// <summary>Events could not be synced this time.</summary>
    public void ItemsFailed(CalendarProvider provider, int count)
    {
        if (count > 0)
        {
            _itemFailures.Add(count, Provider(provider));
        }
    }

    private static KeyValuePair<string, object?> Provider(CalendarProvider provider) => new("calendarsync.provider", provider.ToSql());
}
