namespace CalendarSync.IntegrationTests.Worker;

/// <summary>The heartbeat of a pass, and what becomes of passes when the worker stops.</summary>
public sealed class LeaseTests : IAsyncDisposable
{
    private readonly LoopHarness _harness = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public async Task A_lease_is_renewed_at_a_third_of_its_length_for_as_long_as_its_pass_runs()
    {
        var pass = await StartPassAsync();
        for (var beat = 1; beat <= 5; beat++)
        {
            await _harness.BeatAsync(beat);
            await _harness.SettlesAsync(() => _harness.Renewed.Count == beat, "The lease is not renewed.");
        }

        pass.Finish();
        await _harness.EventuallyAsync(() => _harness.Loop.Running == 0, "The pass does not end.");
        var renewed = _harness.Renewed.Count;
        await AdvanceAsync(TimeSpan.FromSeconds(120));

        Assert.Equal(renewed, _harness.Renewed.Count);
    }

    [Fact]
    public async Task A_pass_that_lost_its_lease_is_cancelled_and_gives_nothing_back()
    {
        var pass = await StartPassAsync();

        _harness.Renewal = false;
        await _harness.EventuallyAsync(() => pass.Task.IsCanceled, "The pass goes on.", TimeSpan.FromSeconds(1));

        await _harness.EventuallyAsync(() => _harness.Loop.Running == 0, "The pass does not end.");
        Assert.Empty(_harness.Released);
    }

    [Fact]
    public async Task A_renewal_that_fails_once_is_tried_again_and_the_pass_goes_on()
    {
        var pass = await StartPassAsync();
        _harness.Renewal = null;
        await _harness.BeatAsync(1);
        await _harness.BeatAsync(2);
        await _harness.SettlesAsync(() => _harness.Renewed.Count == 2, "The renewal is not tried.");

        _harness.Renewal = true;
        for (var beat = 3; beat <= 8; beat++)
        {
            await _harness.BeatAsync(beat);
        }

        await _harness.SettlesAsync(() => _harness.Renewed.Count == 8, "The lease is not renewed any more.");
        Assert.False(pass.Task.IsCompleted);
    }

    [Fact]
    public async Task A_pass_whose_lease_cannot_be_renewed_for_its_whole_length_is_cancelled()
    {
        var pass = await StartPassAsync();
        _harness.Renewal = null;

        await _harness.BeatAsync(1);
        await _harness.BeatAsync(2);
        await _harness.SettlesAsync(() => _harness.Time.TimersOf(_harness.Options.LeaseDuration / 3) == 5, "The heartbeat gives up too early.");
        Assert.False(pass.Task.IsCompleted);
        await _harness.BeatAsync(3);

        await _harness.SettlesAsync(() => pass.Task.IsCanceled, "The pass goes on.");
    }

    [Fact]
    public async Task A_worker_that_stops_lets_a_running_pass_finish()
    {
        var pass = await StartPassAsync();
        var stopping = _harness.Loop.StopAsync(Cancellation);
        await AdvanceAsync(TimeSpan.FromSeconds(20));
        Assert.False(stopping.IsCompleted);
        Assert.False(pass.Task.IsCompleted);

        pass.Finish();
        await _harness.EventuallyAsync(() => stopping.IsCompleted, "The worker does not stop.");

        Assert.True(pass.Task.IsCompletedSuccessfully);
        Assert.Empty(_harness.Released);
    }

    [Fact]
    public async Task A_pass_that_outlasts_the_grace_is_cancelled_and_given_back_at_once()
    {
        var connection = _harness.MakeDue();
        await _harness.Loop.StartAsync(Cancellation);
        var pass = await _harness.StartedAsync(connection);

        var stopping = _harness.Loop.StopAsync(Cancellation);
        await _harness.EventuallyAsync(() => stopping.IsCompleted, "The worker does not stop.", TimeSpan.FromSeconds(1));

        Assert.True(pass.Task.IsCanceled);
        Assert.Equal([connection], _harness.Released);
        Assert.DoesNotContain(_harness.Logger.Collector.GetSnapshot(), record => record.Exception is not null);
    }

    [Fact]
    public async Task A_worker_that_stops_claims_nothing_more()
    {
        await StartPassAsync();
        var claims = _harness.Claims;
        var stopping = _harness.Loop.StopAsync(Cancellation);

        _harness.MakeDue();
        _harness.Wake.Wake();
        await _harness.EventuallyAsync(() => stopping.IsCompleted, "The worker does not stop.", TimeSpan.FromSeconds(1));

        Assert.Equal(claims, _harness.Claims);
    }

    private async Task<FakePass> StartPassAsync()
    {
        var connection = _harness.MakeDue();
        await _harness.Loop.StartAsync(Cancellation);
        return await _harness.StartedAsync(connection);
    }

    private async Task AdvanceAsync(TimeSpan duration)
    {
        var until = _harness.Time.GetUtcNow() + duration;
        await _harness.EventuallyAsync(() => _harness.Time.GetUtcNow() >= until, "", TimeSpan.FromSeconds(1));
    }
}
