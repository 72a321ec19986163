using System.Diagnostics;
using System.Net;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Worker;

/// <summary>Starts the worker as operators do: a process with environment variables, in Production unless the settings say otherwise.</summary>
internal static class WorkerProcess
{
    public const string Key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Dictionary<string, string> Settings(TestDatabase database, RedisServer redis, int port) => new()
    {
        ["ConnectionStrings__rowan"] = database.WorkerConnectionString,
        ["ConnectionStrings__redis"] = redis.ConnectionString,
        ["ENCRYPTION_KEY"] = Key,
        ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
    };

    public static ServerProcess Start(string[] arguments, Dictionary<string, string> settings) => ServerProcess.Start(
        "env",
        [
            "DOTNET_ENVIRONMENT=Production",
            .. settings.Select(setting => $"{setting.Key}={setting.Value}"),
            "dotnet",
            Path.Combine(AppContext.BaseDirectory, "CalendarSync.Worker.dll"),
            .. arguments,
        ]);

    public static async Task<(int ExitCode, string Output)> RunAsync(string[] arguments, Dictionary<string, string> settings)
    {
        await using var process = Start(arguments, settings);
        await EventuallyAsync(() => Task.FromResult(process.HasExited), process);
        return (process.ExitCode, process.Output);
    }

    public static async Task<bool> AnswersAsync(HttpClient http, string path)
    {
        try
        {
            using var response = await http.GetAsync(path, Cancellation);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public static async Task EventuallyAsync(Func<Task<bool>> condition, ServerProcess process)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, process.Output);
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, Cancellation);
        }
    }
}
