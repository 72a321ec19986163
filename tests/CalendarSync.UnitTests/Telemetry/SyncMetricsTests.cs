using System.Diagnostics.Metrics;
using CalendarSync.Core.Model;
using CalendarSync.Core.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace CalendarSync.UnitTests.Telemetry;

public sealed class SyncMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSyncMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly List<string> _seen = [];
    private readonly SyncMetrics _metrics;

    public SyncMetricsTests()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == CalendarSyncTelemetry.Name && instrument.Meter.Scope == factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, $"{value:0.###}", tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, $"{value}", tags));
        _listener.Start();
        _metrics = _services.GetRequiredService<SyncMetrics>();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void A_pass_is_measured_in_seconds_with_its_provider_and_its_error()
    {
        _metrics.PassFinished(CalendarProvider.Apple, error: null, TimeSpan.FromMilliseconds(1500));
        _metrics.PassFinished(CalendarProvider.Google, "server_unreachable", TimeSpan.FromSeconds(3));

        Assert.Equal(
            [
                "calendarsync.pass.duration 1.5 s calendarsync.provider=apple",
                "calendarsync.pass.duration 3 s calendarsync.provider=google error.type=server_unreachable",
            ],
            _seen);
    }

    [Fact]
    public void Events_conflicts_and_failures_are_counted_and_nothing_is_not()
    {
        _metrics.EventsApplied(CalendarProvider.Apple, "create", 3);
        _metrics.EventsApplied(CalendarProvider.Apple, "delete", 0);
        _metrics.ConflictsDetected(CalendarProvider.Apple, 2);
        _metrics.ConflictsDetected(CalendarProvider.Apple, 0);
        _metrics.ItemsFailed(CalendarProvider.Cozi, 1);
        _metrics.ItemsFailed(CalendarProvider.Cozi, 0);

        Assert.Equal(
            [
                "calendarsync.events.applied 3 {event} calendarsync.provider=apple calendarsync.operation=create",
                "calendarsync.conflicts 2 {conflict} calendarsync.provider=apple",
                "calendarsync.item.failures 1 {failure} calendarsync.provider=cozi",
            ],
            _seen);
    }

    private void Keep(Instrument instrument, string value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var parts = new List<string> { instrument.Name, value, instrument.Unit! };
        foreach (var tag in tags)
        {
            parts.Add($"{tag.Key}={tag.Value}");
        }

        _seen.Add(string.Join(' ', parts));
    }
}
