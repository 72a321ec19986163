using System.Globalization;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.Benchmarks;

/// <summary>The peak memory of a process that does nothing but one import.</summary>
internal static class MemoryRun
{
    /// <summary>In a process of its own, and from the canned server.</summary>
    public static async Task<double> MeasureAsync(PostgresServer postgres, RedisServer redis, Uri canned, int events)
    {
        await using var family = await Family.CreateAsync(postgres, redis);
        await family.ConnectAsync(CalendarSource.Canned(canned, events));
        using var process = Self.Start("import", arguments: [family.Database.WorkerConnectionString, redis.ConnectionString]);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        await family.VerifyAsync(events);
        return double.Parse(output, CultureInfo.InvariantCulture);
    }

    /// <summary>What that process does.</summary>
    public static async Task ImportAsync(string database, string redis)
    {
        await using (var engine = await Engine.CreateAsync(database, redis))
        {
            await engine.RunAsync();
        }

        await Console.Out.WriteLineAsync(Measurement.PeakMemory().ToString(CultureInfo.InvariantCulture));
    }
}
