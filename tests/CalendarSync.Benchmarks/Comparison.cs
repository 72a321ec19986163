using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.Benchmarks;

/// <summary>The medians of one kind of pass over one calendar.</summary>
internal sealed record Row(string Server, int Events, string Pass, Measurement Ours, Measurement? Vdirsyncer, Measurement Bare, int Requests, int Statements);

/// <summary>
/// Import, no-change pass and one-change pass of one calendar: ours, vdirsyncer's and the bare requests in turns, so that what else the
/// machine does meets all three.
/// </summary>
internal sealed class Comparison(PostgresServer postgres, RedisServer redis, CalendarSource calendar, int rounds, bool withVdirsyncer)
{
    // A quick pass is repeated more often: its median says nothing after three.
    private const int PassesPerRound = 5;

    private readonly Samples _import = new();
    private readonly Samples _quiet = new();
    private readonly Samples _change = new();

    public async Task<IReadOnlyList<Row>> RunAsync()
    {
        // The server's own caches are warm for all, and so are our code and sessions.
        await new BareFetch(calendar).ImportAsync();
        for (var round = 0; round < rounds; round++)
        {
            await RunRoundAsync();
        }

        return await CountAsync();
    }

    private async Task RunRoundAsync()
    {
        var bare = new BareFetch(calendar);
        _import.Bare.Add(await Measurement.OfAsync(bare.ImportAsync));

        await using var family = await Family.CreateAsync(postgres, redis);
        await family.ConnectAsync(calendar);
        _import.Ours.Add(await Measurement.OfAsync(() => family.Engine.RunAsync()));
        await family.VerifyAsync(calendar.Size);

        using var vdirsyncer = withVdirsyncer ? await Vdirsyncer.CreateAsync(calendar) : null;
        if (vdirsyncer is not null)
        {
            _import.Vdirsyncer.Add(await vdirsyncer.SyncAsync());
            vdirsyncer.Verify(calendar.Size);
        }

        for (var pass = 0; pass < PassesPerRound; pass++)
        {
            await MeasurePassAsync(_quiet, family, bare, vdirsyncer);
        }

        for (var pass = 0; pass < PassesPerRound; pass++)
        {
            await calendar.TouchAsync(calendar.Size / 2);
            await MeasurePassAsync(_change, family, bare, vdirsyncer);
        }

        await family.VerifyAsync(calendar.Size);
    }

    private static async Task MeasurePassAsync(Samples samples, Family family, BareFetch bare, Vdirsyncer? vdirsyncer)
    {
        await family.MakeDueAsync();
        samples.Ours.Add(await Measurement.OfAsync(() => family.Engine.RunAsync()));
        samples.Bare.Add(await Measurement.OfAsync(bare.PassAsync));
        if (vdirsyncer is not null)
        {
            samples.Vdirsyncer.Add(await vdirsyncer.SyncAsync());
        }
    }

    private async Task<IReadOnlyList<Row>> CountAsync()
    {
        await using var family = await Family.CreateAsync(postgres, redis);
        await family.ConnectAsync(calendar);
        var import = await family.Engine.CountAsync(() => family.Engine.RunAsync());
        await family.MakeDueAsync();
        var quiet = await family.Engine.CountAsync(() => family.Engine.RunAsync());
        await calendar.TouchAsync(calendar.Size / 2);
        await family.MakeDueAsync();
        var change = await family.Engine.CountAsync(() => family.Engine.RunAsync());
        return [_import.ToRow(calendar, "import", import), _quiet.ToRow(calendar, "no change", quiet), _change.ToRow(calendar, "one change", change)];
    }

    private sealed class Samples
    {
        public List<Measurement> Ours { get; } = [];

        public List<Measurement> Vdirsyncer { get; } = [];

        public List<Measurement> Bare { get; } = [];

        public Row ToRow(CalendarSource calendar, string pass, (int Requests, int Statements) counts) => new(
            calendar.Server,
            calendar.Size,
            pass,
            Measurement.Median(Ours),
            Vdirsyncer.Count == 0 ? null : Measurement.Median(Vdirsyncer),
            Measurement.Median(Bare),
            counts.Requests,
            counts.Statements);
    }
}
