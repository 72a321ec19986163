using CalendarSync.Benchmarks;
using CalendarSync.IntegrationTests.Fixtures;

switch (args)
{
    case ["serve"]:
        await CannedServer.RunAsync();
        return 0;
    case ["import", var database, var redis]:
        await MemoryRun.ImportAsync(database, redis);
        return 0;
    case []:
        await RunAsync(Plan.Full);
        return 0;
    case ["--quick"]:
        await RunAsync(Plan.Quick);
        return 0;
    case ["--smoke"]:
        await RunAsync(Plan.Smoke);
        return 0;
    default:
        await Console.Error.WriteLineAsync("Usage: ./bench [--quick]");
        return 2;
}

static async Task RunAsync(Plan plan)
{
    await using var postgres = new PostgresServer();
    await using var redis = new RedisServer();
    await using var radicale = new RadicaleServer();
    using var canned = await CannedProcess.StartAsync();

    if (plan.WarmUp > 0)
    {
        // What the first use of anything costs is nobody's pass.
        Tell("Warming up ...");
        await new Comparison(postgres, redis, CalendarSource.Canned(canned.Url, plan.WarmUp, "warm-up"), rounds: 2, withVdirsyncer: false).RunAsync();
    }

    var rows = new List<Row>();
    foreach (var size in plan.Sizes)
    {
        Tell($"{size} events from the canned server ...");
        var calendar = CalendarSource.Canned(canned.Url, size);
        rows.AddRange(await new Comparison(postgres, redis, calendar, plan.Rounds, plan.Compare).RunAsync());
        if (plan.Compare)
        {
            Tell($"{size} events from Radicale ...");
            rows.AddRange(await new Comparison(postgres, redis, await CalendarSource.RadicaleAsync(radicale, size), plan.Rounds, withVdirsyncer: true).RunAsync());
        }
    }

    Measurement? start = null;
    if (plan.Compare)
    {
        using var vdirsyncer = await Vdirsyncer.CreateAsync(CalendarSource.Canned(canned.Url, size: 1));
        start = Measurement.Median([await vdirsyncer.StartAsync(), await vdirsyncer.StartAsync(), await vdirsyncer.StartAsync()]);
    }

    var memory = new List<(int Events, double Peak)>();
    foreach (var size in plan.MemorySizes)
    {
        Tell($"Memory of {size} events ...");
        memory.Add((size, await MemoryRun.MeasureAsync(postgres, redis, canned.Url, size)));
    }

    Tell($"Passes of {plan.Connections} connections ...");
    var throughput = await Throughput.MeasureAsync(postgres, redis, canned.Url, plan.Connections, plan.Rounds);

    Report.Machine(plan.Rounds, start);
    Report.Comparisons(rows);
    Report.Memory(memory);
    Report.Passes(plan.Connections, throughput);
}

// Not to the output, which is the report.
static void Tell(string text) => Console.Error.WriteLine(text);
