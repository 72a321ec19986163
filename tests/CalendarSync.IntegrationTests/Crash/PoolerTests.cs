using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Api;
using CalendarSync.IntegrationTests.Fixtures;
using CalendarSync.IntegrationTests.Worker;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>The whole system behind a pooler in transaction mode, with fewer sessions than it wants.</summary>
[Collection(CrashServers.Name)]
public sealed class PoolerTests(CrashServers servers)
{
    [Fact]
    public async Task Migrations_go_past_the_pooler()
    {
        await using var pooler = await PgBouncer.StartAsync(servers.Postgres);
        await using var database = await servers.Postgres.CreateEmptyDatabaseAsync();
        var (exitCode, output) = await WorkerProcess.RunAsync(["migrate"], new()
        {
            ["ConnectionStrings__rowan"] = pooler.Through(database.OwnerConnectionString),
            ["ConnectionStrings__rowan_session"] = database.OwnerConnectionString,
            ["Database__ApiPassword"] = PostgresServer.HostPassword,
            ["Database__WorkerPassword"] = PostgresServer.HostPassword,
        });

        Assert.True(exitCode == 0, output);
        Assert.Contains("Applied migration", output);
    }

    [Fact]
    public async Task People_of_two_spaces_who_take_turns_on_one_session_see_only_their_own()
    {
        await using var pooler = await PgBouncer.StartAsync(servers.Postgres, sessions: 1);
        await using var database = await servers.Postgres.CreateDatabaseAsync();
        await servers.Redis.StartAsync();
        await using var api = new ApiHost(database, servers.Redis.ConnectionString, new()
        {
            ["ConnectionStrings:rowan"] = pooler.Through(database.ApiConnectionString),
            ["ConnectionStrings:rowan_session"] = database.ApiConnectionString,
        });
        api.StartServer();
        var people = new List<(ApiClient Client, SpaceId Space)>();
        for (var i = 0; i < 2; i++)
        {
            var user = await database.CreateUserAsync();
            people.Add((api.For(user), await database.CreateSpaceAsync(user)));
        }

        await Task.WhenAll(people.Index().Select(async person =>
        {
            var (index, (client, space)) = person;
            for (var i = 0; i < 12; i++)
            {
                (await client.PostAsync("/api/calendar", new
                {
                    space_id = space.Value,
                    title = $"canary-title-{index}",
                    start_time = "2027-03-14T09:00:00Z",
                    end_time = "2027-03-14T10:00:00Z",
                })).Ok();
                (await client.GetAsync($"/api/calendar?space_id={people[1 - index].Space.Value}")).Problem(403, "space_access_denied");
            }
        }));

        foreach (var (index, (_, space)) in people.Index())
        {
            Assert.Equal(
                Enumerable.Repeat($"canary-title-{index}", 12),
                await database.QueryAsync<string>("select title from events where space_id = @space", new { space = space.Value }));
        }
    }

    [Fact]
    public async Task An_edit_wakes_a_worker_although_nobody_can_listen_through_the_pooler()
    {
        await using var pooler = await PgBouncer.StartAsync(servers.Postgres);
        await using var system = await CreateAsync(pooler);

        // Longer than any test waits: what arrives was announced.
        system.Settings["Worker__PollInterval"] = "00:15:00";
        var worker = system.StartWorker();
        await Eventually.TrueAsync(() => worker.Output.Contains("Listening for changes", StringComparison.Ordinal));
        var family = await system.CreateFamilyAsync();
        await system.SettleAsync();

        var title = await family.AddInsideAsync();

        await Eventually.TrueAsync(() => family.Outside.Titles().Contains(title));
    }

    [Fact]
    public async Task Two_workers_sync_both_ways()
    {
        await using var pooler = await PgBouncer.StartAsync(servers.Postgres);
        await using var system = await CreateAsync(pooler);
        system.StartWorker();
        system.StartWorker();
        var families = new Dictionary<string, CrashFamily>();
        for (var i = 0; i < 6; i++)
        {
            var family = families[$"family {i}"] = await system.CreateFamilyAsync();
            for (var k = 0; k < 6; k++)
            {
                await family.AddInsideAsync();
                await family.AddOutsideAsync();
            }

            await family.RequestAsync();
        }

        await system.CheckAsync(families, "the first import and export");
        foreach (var family in families.Values)
        {
            var titles = await family.TitlesAsync();
            await family.EditInsideAsync(titles[0]);
            await family.DeleteInsideAsync(titles[1]);
            await family.EditOutsideAsync(titles[2]);
            await family.DeleteOutsideAsync(titles[3]);
            await family.RequestAsync();
        }

        await system.CheckAsync(families, "edits and deletions of both sides");

        // Two workers and the listeners have more clients than the pooler has sessions: they did share.
        Assert.InRange(await SessionsAsync(system), 1, 3 + system.Workers.Count);
    }

    private async Task<CrashSystem> CreateAsync(PgBouncer pooler)
    {
        var system = await CrashSystem.CreateAsync(servers);
        system.Settings["ConnectionStrings__rowan"] = pooler.Through(system.Database.WorkerConnectionString);
        system.Settings["ConnectionStrings__rowan_session"] = system.Database.WorkerConnectionString;
        return system;
    }

    private static Task<long> SessionsAsync(CrashSystem system) => system.Database.QuerySingleAsync<long>(
        "select count(*) from pg_stat_activity where datname = current_database() and usename = 'calendarsync_worker'");
}
