using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>A worker that dies, or stands still for longer than its lease, at each moment between two effects (scenarios 12, 15 and 28).</summary>
[Collection(CrashServers.Name)]
public sealed class CrashWindowTests(CrashServers servers)
{
    [Fact]
    public async Task A_worker_that_is_killed_between_any_two_effects_loses_and_doubles_nothing()
    {
        await using var system = await CreateAsync();
        var first = system.StartWorker();
        await using var windows = new CrashWindows(system);
        await windows.PrepareAsync();
        await windows.ReachAsync();

        await system.KillAsync(first, windows.LoseAsync);
        system.StartWorker();

        await system.CheckAsync(windows.Families, "a kill at its moment");
    }

    [Fact]
    public async Task A_worker_that_stands_still_between_any_two_effects_and_goes_on_when_another_one_has_done_its_work_changes_nothing()
    {
        await using var system = await CreateAsync();
        var first = system.StartWorker();
        await using var windows = new CrashWindows(system);
        await windows.PrepareAsync();
        await windows.ReachAsync();

        first.Signal(PosixSignalNumber.Stop);
        await windows.UnblockAsync();
        await system.EndLeasesAsync(first);
        system.StartWorker();
        await system.CheckAsync(windows.Families, "another worker went on");

        // What the first one had sent arrives now, and it goes on with what it was about to do.
        first.Signal(PosixSignalNumber.Continue);
        windows.ArriveLate();
        await Eventually.TrueAsync(() => system.Tap.Open == 0);
        await first.StopAsync(PosixSignalNumber.Terminate);
        await system.RequestAsync();
        await system.CheckAsync(windows.Families, "the first worker went on");
    }

    private async Task<CrashSystem> CreateAsync()
    {
        var system = await CrashSystem.CreateAsync(servers);

        // All moments stand at once, and none of the leases runs out before the worker is gone.
        system.Settings["Worker__MaxConcurrentSyncs"] = "64";
        system.Settings["Worker__LeaseDuration"] = "00:05:00";
        return system;
    }
}
