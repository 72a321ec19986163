using System.Globalization;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.Benchmarks;

/// <summary>Passes that find nothing, of many connections.</summary>
/// <param name="PerSecond">On the wall, with everything else that shares the machine: Postgres, Redis, the canned server.</param>
/// <param name="PerCpuSecond">Of our process alone: what a core that does nothing else gives.</param>
internal sealed record Throughput(double PerSecond, double PerCpuSecond)
{
    private const int Parallel = 4;

    public static async Task<Throughput> MeasureAsync(PostgresServer postgres, RedisServer redis, Uri canned, int connections, int rounds)
    {
        await using var family = await Family.CreateAsync(postgres, redis);
        for (var i = 0; i < connections; i++)
        {
            await family.ConnectAsync(CalendarSource.Canned(canned, size: 10, string.Create(CultureInfo.InvariantCulture, $"user{i}")));
        }

        await family.Engine.RunAsync(connections, Parallel);
        await family.VerifyAsync(connections * 10);
        var samples = new List<Measurement>();
        for (var round = 0; round < rounds; round++)
        {
            await family.MakeDueAsync();
            samples.Add(await Measurement.OfAsync(() => family.Engine.RunAsync(connections, Parallel)));
        }

        var median = Measurement.Median(samples);
        return new Throughput(connections / median.Seconds, connections / median.Cpu);
    }
}
