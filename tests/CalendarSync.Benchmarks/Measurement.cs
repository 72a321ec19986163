using System.Diagnostics;
using System.Globalization;

namespace CalendarSync.Benchmarks;

/// <summary>What one run of something took.</summary>
/// <param name="Seconds">On the wall.</param>
/// <param name="Cpu">Of the processor, user and system, of the measured process only.</param>
internal readonly record struct Measurement(double Seconds, double Cpu)
{
    public static async Task<Measurement> OfAsync(Func<Task> run)
    {
        // What the run before left behind is not this run's to collect.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        await run();
        var elapsed = Stopwatch.GetElapsedTime(started);
        process.Refresh();
        return new Measurement(elapsed.TotalSeconds, (process.TotalProcessorTime - cpu).TotalSeconds);
    }

    /// <summary>Each of the two by itself.</summary>
    public static Measurement Median(IReadOnlyCollection<Measurement> rounds) =>
        new(Middle(rounds.Select(r => r.Seconds)), Middle(rounds.Select(r => r.Cpu)));

    /// <summary>The highest resident memory of a process so far, in MiB.</summary>
    public static double PeakMemory()
    {
        // VmHWM:    123456 kB
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
