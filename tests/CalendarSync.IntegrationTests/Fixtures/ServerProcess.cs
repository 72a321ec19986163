using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>A server that lives no longer than this test host: the kernel kills it when the host dies, however it dies.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private ServerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
    }

    /// <summary>Postgres refuses to run as root.</summary>
    public static bool IsRoot => Environment.UserName == "root";

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>How it ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>What it wrote, for the message of a failure.</summary>
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

    /// <summary>Starts a program, as the given user when we are root. The signal is what it gets when this host dies.</summary>
    public static ServerProcess Start(string program, IEnumerable<string> arguments, string? user = null, string deathSignal = "KILL")
    {
        var start = new ProcessStartInfo("setpriv") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add($"--pdeathsig={deathSignal}");
        if (user is not null && IsRoot)
        {
            start.ArgumentList.Add($"--reuid={user}");
            start.ArgumentList.Add($"--regid={user}");
            start.ArgumentList.Add("--clear-groups");
        }

        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var server = new ServerProcess(new Process { StartInfo = start });
        Spawner.Start(server._process);
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task RunAsync(string program, IEnumerable<string> arguments, string? user = null)
    {
        await using var process = Start(program, arguments, user);
        await process._process.WaitForExitAsync();
        if (process._process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} failed with exit code {process._process.ExitCode}:\n{process.Output}");
        }
    }

    /// <summary>Waits until the probe succeeds; fails early when the server has ended, and after half a minute.</summary>
    public async Task WaitUntilReadyAsync(string name, Func<Task<bool>> probe)
    {
        var deadline = TimeProvider.System.GetTimestamp() + (30 * TimeProvider.System.TimestampFrequency);
        while (!await probe())
        {
            if (HasExited || TimeProvider.System.GetTimestamp() > deadline)
            {
                throw new InvalidOperationException($"{name} {(HasExited ? "ended" : "did not answer")} while starting:\n{Output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Sends a signal and does not wait for what comes of it.</summary>
    public void Signal(PosixSignalNumber signal) => _ = Kill(_process.Id, (int)signal);

    /// <summary>Asks the server to end and waits; kills it when it takes too long.</summary>
    public async Task StopAsync(PosixSignalNumber signal)
    {
        if (!_process.HasExited)
        {
            Signal(signal);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(PosixSignalNumber.Terminate);
        _process.Dispose();
    }

    /// <summary>A port that was free a moment ago; whoever takes it tries again when somebody was faster.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Whether somebody listens on the loopback port.</summary>
    public static async Task<bool> AcceptsAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Keep(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is not null)
        {
            lock (_output)
            {
                _output.AppendLine(e.Data);
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int pid, int signal);

    /// <summary>
    /// Starts processes on a thread that lives as long as the host. PR_SET_PDEATHSIG means the thread that forked, not its process
    /// (prctl(2)): a server started on a pool thread would be killed when the pool lets that thread go.
    /// </summary>
    private static class Spawner
    {
        private static readonly BlockingCollection<(Process Process, TaskCompletionSource Done)> Requests = [];

        static Spawner() => new Thread(Run) { IsBackground = true, Name = "server spawner" }.Start();

        public static void Start(Process process)
        {
            var done = new TaskCompletionSource();
            Requests.Add((process, done));
            done.Task.GetAwaiter().GetResult();
        }

        private static void Run()
        {
            foreach (var (process, done) in Requests.GetConsumingEnumerable())
            {
                try
                {
                    process.Start();
                    done.SetResult();
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            }
        }
    }
}

/// <summary>Signals by their numbers on Linux.</summary>
internal enum PosixSignalNumber
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
