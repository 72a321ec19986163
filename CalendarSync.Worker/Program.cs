using CalendarSync.Worker.Demo;
using CalendarSync.Worker.Verbs;

namespace CalendarSync.Worker;

/// <summary>The worker, and what runs once and ends. In a namespace, so that tests can name the hosts apart.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) => args.FirstOrDefault() switch
    {
        null or ['-', ..] => await SyncCommand.RunAsync(args),
        "migrate" => await UntilSignalled.RunAsync(stopping => MigrateCommand.RunAsync(args[1..], stopping)),
        "seed-demo" => await UntilSignalled.RunAsync(stopping => DemoCommand.RunAsync(args[1..], stopping)),
        var unknown => await UsageAsync(unknown),
    };

    private static async Task<int> UsageAsync(string unknown)
    {
        await Console.Error.WriteLineAsync(
            $"""
            Unknown verb '{unknown}'.
              (none)     syncs calendars until it is stopped
              migrate    brings the database to this version's schema and ends
              seed-demo  makes the demo family (Development only) and ends
            """);
        return ExitCode.Usage;
    }
}
