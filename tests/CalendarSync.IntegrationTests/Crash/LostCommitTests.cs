using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>
/// A Postgres that forgets what it had confirmed: it ran with synchronous_commit off, or its standby took over before it had everything.
/// A pooler hides the crash from a worker that is just reading its calendar.
/// </summary>
[Collection(CrashServers.Name)]
public sealed class LostCommitTests(CrashServers servers)
{
    [Fact]
    public async Task The_cursor_does_not_move_past_a_page_that_Postgres_lost()
    {
        await using var pooler = await PgBouncer.StartAsync(servers.Postgres);
        await using var system = await CrashSystem.CreateAsync(servers);
        system.Settings["ConnectionStrings__rowan"] = pooler.Through(system.Database.WorkerConnectionString);
        system.Settings["ConnectionStrings__rowan_session"] = system.Database.WorkerConnectionString;

        // While the pooler does not let anybody in, a pass cannot be given back either: then its lease has to run out.
        system.Settings["Worker__LeaseDuration"] = "00:00:15";
        system.StartWorker();
        var family = await system.CreateFamilyAsync(members: 0);
        for (var i = 0; i < 12; i++)
        {
            await family.AddOutsideAsync();
        }

        // The claim is on disk before anything may be lost.
        var pages = 0;
        var first = system.Tap.HoldNext(CalendarTap.Side.Before, r => r.Reads);
        var third = system.Tap.HoldNext(CalendarTap.Side.Before, r => r.Reads && Interlocked.Increment(ref pages) == 2);
        await system.ConnectAsync(family);
        await first.Reached;
        await system.Database.ExecuteAsync($"alter role calendarsync_worker in database {system.Database.Name} set synchronous_commit = off");
        await system.Database.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'calendarsync_worker' and query not like 'listen%'");
        await system.Database.ExecuteAsync("select 1; checkpoint");
        var writers = await WritersAsync(system);
        await SignalAsync(writers, "STOP");

        // The first page is confirmed, and then everything that is not on disk is gone.
        first.Release();
        await third.Reached;
        await Eventually.TrueAsync(async () => await CountAsync(system) == 5);
        await SignalAsync(writers, "KILL");
        await Eventually.TrueAsync(() => HasRecoveredAsync(system, writers));
        Assert.Equal(0, await CountAsync(system));

        third.Release();
        await system.CheckAsync(new Dictionary<string, CrashFamily> { ["the family"] = family }, "a crash that lost a page");
    }

    private static Task<long> CountAsync(CrashSystem system) => system.Database.QuerySingleAsync<long>("select count(*) from events");

    /// <summary>Who brings to disk what was not committed synchronously.</summary>
    private static Task<IReadOnlyList<int>> WritersAsync(CrashSystem system) =>
        system.Database.QueryAsync<int>("select pid from pg_stat_activity where backend_type in ('walwriter', 'background writer')");

    private static async Task<bool> HasRecoveredAsync(CrashSystem system, IReadOnlyList<int> writersBefore)
    {
        try
        {
            // Sessions of before are cut off.
            system.Database.Owner.Clear();
            var writers = await WritersAsync(system);
            return writers.Count == writersBefore.Count && !writers.Intersect(writersBefore).Any();
        }
        catch (Npgsql.NpgsqlException)
        {
            return false;
        }
    }

    private static Task SignalAsync(IReadOnlyList<int> processes, string signal) =>
        ServerProcess.RunAsync("kill", [$"-{signal}", .. processes.Select(process => $"{process}")]);
}
