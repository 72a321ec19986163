using System.Diagnostics;

namespace CalendarSync.Benchmarks;

/// <summary>This program once more, for what needs a process of its own.</summary>
internal static class Self
{
    public static Process Start(string verb, bool redirectInput = false, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardInput = redirectInput };
        start.ArgumentList.Add(typeof(Self).Assembly.Location);
        start.ArgumentList.Add(verb);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
