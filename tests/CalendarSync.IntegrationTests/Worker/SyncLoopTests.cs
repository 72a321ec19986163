using CalendarSync.Worker.Sync;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace CalendarSync.IntegrationTests.Worker;

public sealed class SyncLoopTests : IAsyncDisposable
{
    private readonly LoopHarness _harness = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public async Task A_connection_that_is_due_is_synced_at_once_when_the_worker_starts()
    {
        var due = _harness.MakeDue();
        await StartAsync();

        await _harness.StartedAsync(due);
    }

    [Fact]
    public async Task A_wake_is_served_long_before_the_poll_interval()
    {
        await StartAsync();
        await _harness.SettlesAsync(() => _harness.Claims == 1, "The first look does not happen.");

        var due = _harness.MakeDue();
        _harness.Wake.Wake();
        await _harness.StartedAsync(due);
    }

    [Fact]
    public async Task Without_a_wake_the_poll_interval_is_the_floor()
    {
        await using var harness = new LoopHarness(TimeSpan.FromSeconds(5));
        await harness.Loop.StartAsync(Cancellation);
        await harness.SettlesAsync(() => harness.Time.TimersOf(TimeSpan.FromSeconds(5)) == 1, "It does not come to rest after the first look.");

        var due = harness.MakeDue();
        harness.Time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(1, harness.Claims);
        harness.Time.Advance(TimeSpan.FromSeconds(0.1));
        await harness.SettlesAsync(() => harness.Passes.ContainsKey(due), "The poll interval passes and nothing happens.");
    }

    [Fact]
    public async Task A_burst_of_wakes_is_one_look()
    {
        await StartAsync();
        await _harness.SettlesAsync(() => _harness.Claims == 1, "The first look does not happen.");
        for (var wakes = 0; wakes < 500; wakes++)
        {
            _harness.Wake.Wake();
        }

        await _harness.EventuallyAsync(() => _harness.Claims == 2, "The wakes are not served.");
        await _harness.EventuallyAsync(() => _harness.Time.GetUtcNow().Second >= 1, "", TimeSpan.FromMilliseconds(50));

        Assert.Equal(2, _harness.Claims);
    }

    [Fact]
    public async Task No_more_passes_run_than_there_are_slots_and_a_free_slot_is_used_at_once()
    {
        var due = Enumerable.Range(0, 5).Select(_ => _harness.MakeDue()).ToList();
        await StartAsync();
        await _harness.SettlesAsync(() => _harness.Passes.Count == 2, "The slots are not used.");
        Assert.Equal(2, _harness.Loop.Running);

        foreach (var connection in due)
        {
            (await _harness.StartedAsync(connection)).Finish();
            Assert.InRange(_harness.Loop.Running, 0, 2);
        }

        Assert.All(_harness.Asked, asked => Assert.InRange(asked, 1, 2));
    }

    [Fact]
    public async Task A_wake_during_a_pass_is_looked_at_again_when_the_pass_ends()
    {
        var due = _harness.MakeDue();
        await StartAsync();
        var pass = await _harness.StartedAsync(due);
        _harness.Wake.Wake();
        await _harness.EventuallyAsync(() => _harness.Claims == 2, "The wake is not served.");

        pass.Finish();

        await _harness.EventuallyAsync(() => _harness.Claims == 3, "The end of the pass is not noticed.");
    }

    [Fact]
    public async Task A_pass_that_breaks_off_harms_no_other_and_keeps_its_lease_as_a_pause()
    {
        var (bad, good) = (_harness.MakeDue(), _harness.MakeDue());
        await StartAsync();
        var surviving = await _harness.StartedAsync(good);

        (await _harness.StartedAsync(bad)).Crash(new InvalidOperationException("A defect."));
        await _harness.EventuallyAsync(() => _harness.Loop.Running == 1, "The broken pass does not end.");

        Assert.False(surviving.Task.IsCompleted);
        Assert.Empty(_harness.Released);
        Assert.Contains(_harness.Logger.Collector.GetSnapshot(), record => record.Level == LogLevel.Error);
        Assert.Equal(HealthStatus.Healthy, _harness.Health);
    }

    [Fact]
    public async Task While_the_database_is_away_the_loop_backs_off_says_so_and_recovers_by_itself()
    {
        _harness.ClaimFailure = new TimeoutException("The database is away.");
        await StartAsync();
        await _harness.EventuallyAsync(() => _harness.State.Failures >= 6, "The loop does not go on.", TimeSpan.FromMilliseconds(100));
        Assert.Equal(HealthStatus.Unhealthy, _harness.Health);
        Assert.Single(_harness.Logger.Collector.GetSnapshot(), record => record.Exception is not null);

        var due = _harness.MakeDue();
        _harness.ClaimFailure = null;
        await _harness.EventuallyAsync(() => _harness.Passes.ContainsKey(due), "The loop does not recover.", TimeSpan.FromSeconds(1));

        await _harness.SettlesAsync(() => _harness.Health == HealthStatus.Healthy, "Health does not recover.");
    }

    [Fact]
    public async Task A_loop_that_hangs_is_unhealthy()
    {
        await using var harness = new LoopHarness(TimeSpan.FromSeconds(5));
        await harness.Loop.StartAsync(Cancellation);
        await harness.SettlesAsync(() => harness.Claims == 1, "The first look does not happen.");
        Assert.Equal(HealthStatus.Healthy, harness.Health);

        var silent = new LoopState(harness.Time);
        harness.Time.Advance(TimeSpan.FromMinutes(2));

        var health = new SyncLoopHealth(silent, new LoopState(harness.Time), Microsoft.Extensions.Options.Options.Create(harness.Options));
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync(new HealthCheckContext(), Cancellation)).Status);
    }

    [Fact]
    public async Task A_loop_that_has_ended_is_unhealthy_and_one_without_notifications_is_degraded()
    {
        await StartAsync();
        await _harness.SettlesAsync(() => _harness.Claims == 1, "The first look does not happen.");
        _harness.Listener.Failed();
        Assert.Equal(HealthStatus.Degraded, _harness.Health);
        _harness.Listener.Succeeded();
        Assert.Equal(HealthStatus.Healthy, _harness.Health);

        await _harness.Loop.StopAsync(Cancellation);

        Assert.Equal(HealthStatus.Unhealthy, _harness.Health);
    }

    private Task StartAsync() => _harness.Loop.StartAsync(Cancellation);
}
