using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>
/// Rounds in which people edit on both sides while workers are killed and frozen and servers are restarted. A round begins with families
/// of its own and is told by its seed, so a round that fails can be run again: what people and the kernel do comes again, though not the
/// exact moment of each step.
/// </summary>
internal sealed class Storm : IAsyncDisposable
{
    private const int Phases = 3;
    private const int ManyEvents = 40;

    private readonly CrashServers _servers;
    private readonly CrashSystem _system;
    private readonly List<ServerProcess> _frozen = [];
    private readonly List<string> _steps = [];

    private Storm(CrashServers servers, CrashSystem system) => (_servers, _system) = (servers, system);

    private enum Step
    {
        AddInside,
        AddOutside,
        AddManyInside,
        AddManyOutside,
        EditInside,
        EditOutside,
        DeleteInside,
        DeleteOutside,
        Restore,
        Request,
        RequestFull,
        Kill,
        Freeze,
        Thaw,
        FlushRedis,
        RestartRedis,
        CrashPostgres,
    }

    // How often each step comes.
    private static readonly (Step Step, int Weight)[] Weights =
    [
        (Step.AddInside, 9), (Step.AddOutside, 9), (Step.AddManyInside, 3), (Step.AddManyOutside, 3), (Step.EditInside, 13), (Step.EditOutside, 13),
        (Step.DeleteInside, 7), (Step.DeleteOutside, 7), (Step.Restore, 7), (Step.Request, 5), (Step.RequestFull, 2), (Step.Kill, 15), (Step.Freeze, 2),
        (Step.Thaw, 2), (Step.FlushRedis, 1), (Step.RestartRedis, 1), (Step.CrashPostgres, 1),
    ];

    /// <summary>Workers killed so far.</summary>
    public int Kills { get; private set; }

    public static async Task<Storm> BeginAsync(CrashServers servers)
    {
        var system = await CrashSystem.CreateAsync(servers);
        system.StartWorker();
        system.StartWorker();
        return new Storm(servers, system);
    }

    /// <summary>One family alone, and one of two members who share a calendar, through three phases that each end with a check.</summary>
    /// <returns>What happened, in a line.</returns>
    public async Task<string> RunRoundAsync(ulong seed)
    {
        var source = new SeededSource(seed);
        var (kills, count) = (Kills, 0);
        _steps.Clear();
        var families = new Dictionary<string, CrashFamily>
        {
            ["one member"] = await _system.CreateFamilyAsync(),
            ["two members"] = await _system.CreateFamilyAsync(members: 2),
        };
        for (var phase = 1; phase <= Phases; phase++)
        {
            for (var steps = 6 + source.Next(8); steps > 0; steps--)
            {
                var (name, family) = families.ElementAt(source.Next(families.Count));
                var step = Draw(source);
                _steps.Add($"{step} ({name})");
                await DoAsync(step, family, source);
                count++;
            }

            ThawAll();
            await _system.RequestAsync();
            await _system.CheckAsync(families, $"phase {phase} of the round with seed {seed}:\n{string.Join('\n', _steps)}");
        }

        var events = 0;
        foreach (var family in families.Values)
        {
            events += (await family.TitlesAsync()).Count;
            await family.LeaveAsync();
        }

        return $"seed {seed}: {count} steps, {Kills - kills} kills, {events} events at the end; nothing lost, nothing doubled, quiet";
    }

    public async ValueTask DisposeAsync()
    {
        ThawAll();
        await _system.DisposeAsync();
    }

    private static Step Draw(SeededSource source)
    {
        var drawn = source.Next(Weights.Sum(w => w.Weight));
        return Weights.First(w => (drawn -= w.Weight) < 0).Step;
    }

    private async Task DoAsync(Step step, CrashFamily family, SeededSource source)
    {
        var titles = await family.TitlesAsync();
        switch (step)
        {
            case Step.AddInside:
                await family.AddInsideAsync();
                break;
            case Step.AddOutside:
                await family.AddOutsideAsync();
                break;
            case Step.AddManyInside when titles.Count < ManyEvents:
                await ManyAsync(family.AddInsideAsync);
                break;
            case Step.AddManyOutside when titles.Count < ManyEvents:
                await ManyAsync(family.AddOutsideAsync);
                break;
            case Step.EditInside when source.Pick(titles) is { } title:
                await family.EditInsideAsync(title);
                break;
            case Step.EditOutside when source.Pick(family.Outside.Titles()) is { } title:
                await family.EditOutsideAsync(title);
                break;
            case Step.DeleteInside when source.Pick(titles) is { } title:
                await family.DeleteInsideAsync(title);
                break;
            case Step.DeleteOutside when source.Pick(family.Outside.Titles()) is { } title:
                await family.DeleteOutsideAsync(title);
                break;
            case Step.Restore when source.Pick(await family.TrashAsync()) is { } title:
                await family.RestoreAsync(title);
                break;
            case Step.Request:
                await family.RequestAsync();
                break;
            case Step.RequestFull:
                await _system.RequestAsync(full: true);
                break;
            case Step.Kill:
                await KillAsync(source);
                break;
            case Step.Freeze when _frozen.Count == 0:
                await FreezeAsync(source);
                break;
            case Step.Thaw:
                ThawAll();
                break;
            case Step.FlushRedis:
                await FlushRedisAsync();
                break;
            case Step.RestartRedis:
                await _servers.Redis.StopAsync();
                await _servers.Redis.StartAsync();
                break;
            case Step.CrashPostgres:
                await _servers.Postgres.StopAsync();
                await _servers.Postgres.StartAsync();
                _system.Database.Owner.Clear();
                break;
        }
    }

    private static async Task ManyAsync(Func<Task<string>> add)
    {
        for (var i = 0; i < 8; i++)
        {
            await add();
        }
    }

    /// <summary>Kills whoever works, at a request, at an answer, or somewhere between; another worker begins.</summary>
    private async Task KillAsync(SeededSource source)
    {
        await _system.RequestAsync();
        var countdown = 1 + source.Next(12);
        var hold = _system.Tap.HoldNext(source.Next(2) == 0 ? CalendarTap.Side.Before : CalendarTap.Side.After, _ => Interlocked.Decrement(ref countdown) == 0);
        var patience = source.Next(3) == 0 ? TimeSpan.FromMilliseconds(source.Next(400)) : TimeSpan.FromSeconds(1.5);
        await Task.WhenAny(hold.Reached, Task.Delay(patience, TimeProvider.System, TestContext.Current.CancellationToken));
        await _system.KillAsync(await AtWorkAsync(source));
        if (source.Next(2) == 0)
        {
            hold.Drop();
        }

        hold.Release();
        Kills++;
        _system.StartWorker();
    }

    /// <summary>Stops a worker where it is, as a paused machine does, until its lease is lost and somebody else goes on.</summary>
    private async Task FreezeAsync(SeededSource source)
    {
        var worker = await AtWorkAsync(source);
        worker.Signal(PosixSignalNumber.Stop);
        _frozen.Add(worker);
        await _system.EndLeasesAsync(worker);
    }

    private void ThawAll()
    {
        _frozen.ForEach(worker => worker.Signal(PosixSignalNumber.Continue));
        _frozen.Clear();
    }

    private async Task<ServerProcess> AtWorkAsync(SeededSource source)
    {
        var owners = await _system.Database.QueryAsync<string>("select lease_owner from calendar_connections where lease_until > now()");
        var awake = _system.Workers.Except(_frozen).ToList();
        return awake.FirstOrDefault(worker => owners.Contains(CrashSystem.OwnerName(worker))) ?? source.Pick(awake)!;
    }

    private async Task FlushRedisAsync()
    {
        await using var redis = await _servers.Redis.ConnectAsync();
        await redis.GetDatabase().ExecuteAsync("FLUSHALL");
    }
}
