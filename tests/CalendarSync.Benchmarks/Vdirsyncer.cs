using System.Diagnostics;
using System.Globalization;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.Benchmarks;

/// <summary>vdirsyncer, from the calendar into files of a directory in memory. Its times hold the start of its process, as its users meet it.</summary>
internal sealed class Vdirsyncer : IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    private string Config => _directory.Combine("config");

    public static async Task<Vdirsyncer> CreateAsync(CalendarSource calendar)
    {
        var made = new Vdirsyncer();
        var events = Directory.CreateDirectory(made._directory.Combine("events")).FullName;
        await File.WriteAllTextAsync(made.Config, $"""
            [general]
            status_path = "{made._directory.Combine("status")}"

            [pair bench]
            a = "remote"
            b = "local"
            collections = null

            [storage remote]
            type = "caldav"
            url = "{calendar.Address}"
            username = "{calendar.User}"
            password = "{calendar.Password}"

            [storage local]
            type = "filesystem"
            path = "{events}"
            fileext = ".ics"

            """);
        await made.RunAsync("discover");
        return made;
    }

    public Task<Measurement> SyncAsync() => RunAsync("sync");

    /// <summary>How long it takes to say its version.</summary>
    public Task<Measurement> StartAsync() => RunAsync("--version");

    public void Verify(int events)
    {
        var files = Directory.GetFiles(_directory.Combine("events")).Length;
        if (files != events)
        {
            throw new InvalidOperationException($"vdirsyncer has {files} of {events} events.");
        }
    }

    public void Dispose() => _directory.Dispose();

    private async Task<Measurement> RunAsync(string command)
    {
        // The shell's own clock, because .NET does not tell the processor time of a child that has ended.
        var start = new ProcessStartInfo("bash") { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("TIMEFORMAT='%R %U %S'; time vdirsyncer -v error -c \"$0\" \"$1\" 2>&1");
        start.ArgumentList.Add(Config);
        start.ArgumentList.Add(command);
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"vdirsyncer {command} failed:\n{await output}\n{error}");
        }

        var times = error.Trim().Split('\n')[^1].Split(' ').Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        return new Measurement(times[0], times[1] + times[2]);
    }
}
