using System.Diagnostics;
using System.Text;

namespace CalendarSync.EndToEndTests.LocalRuntime;

/// <summary>The small system of CalendarSync.LocalRuntimeHost in a process of its own, and a look at every process that belongs to it.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly string _data;

    private HostProcess(string data, string scene, string? port)
    {
        _data = data;
        // What a script starts in the background ignores SIGINT, and so do its children: a test run may be such a child.
        var start = new ProcessStartInfo(
            "env", ["--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "CalendarSync.LocalRuntimeHost.dll"), scene])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["CALENDARSYNC_DATA"] = data, ["MARK"] = _mark, ["DOTNET_ENVIRONMENT"] = "Development" },
        };
        start.Environment.Remove("PORT");
        if (port is not null)
        {
            start.Environment["PORT"] = port;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static HostProcess Start(string data, string scene = "steady", string? port = null) => new(data, scene, port);

    public Task ReadyAsync() => Eventually.BecomesAsync(() => Output, output => output.Contains("Ready:", StringComparison.Ordinal), Patience, "ready");

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("/bin/kill", ["-s", signal, $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>
    /// Everything alive that carries our mark, or lives in our data folder: Postgres overwrites its environment with its title, but stays in its folder.
    /// </summary>
    public IReadOnlyList<string> Family() =>
    [
        .. Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Where(IsOurs)
            .Select(folder => $"{Path.GetFileName(folder)} {Read(Path.Combine(folder, "cmdline")).Replace('\0', ' ')}"),
    ];

    public Task AllGoneAsync() =>
        Eventually.BecomesAsync(() => string.Join('\n', Family()), family => family.Length == 0, TimeSpan.FromSeconds(60), "no process is left");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private bool IsOurs(string folder) =>
        Read(Path.Combine(folder, "environ")).Contains(_mark, StringComparison.Ordinal)
        || Read(Path.Combine(folder, "cmdline")).Contains(_data, StringComparison.Ordinal)
        || (ReadLink(Path.Combine(folder, "cwd"))?.StartsWith(_data, StringComparison.Ordinal) ?? false);

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ""; // it ended while we looked, or it is somebody else's
        }
    }

    private static string? ReadLink(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Append(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
