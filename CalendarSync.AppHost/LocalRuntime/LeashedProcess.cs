using System.Diagnostics;

namespace Aspire.Hosting.Local;

/// <summary>
/// A process that cannot outlive us, whatever ends us. A shell in a session of its own holds it on a leash: our end of a pipe. Lines that we
/// write into the pipe are signals for the process's whole group; when the pipe ends, because we stopped or were killed, so does the group.
/// The kernel's parent-death signal alone would not do: it fires when the *thread* that started the child ends, and other systems lack it.
/// </summary>
internal sealed class LeashedProcess : IAsyncDisposable
{
    private const string Leash =
        """
        exec 3<&0 </dev/null
        "$@" 3<&- &
        child=$!
        (
          while read -r signal; do kill -s "$signal" -- "-$child"; done
          kill -s KILL -- "-$child" || kill -s KILL "$child"
        ) <&3 2>/dev/null &
        watcher=$!
        exec 3<&-
        wait "$child" 2>/dev/null
        status=$?
        kill -s KILL "$watcher" 2>/dev/null
        kill -s KILL -- "-$child" 2>/dev/null
        exit "$status"
        """;

    private static readonly string[] NewSession = OperatingSystem.IsLinux()
        ? ["setsid"]
        : ["perl", "-e", "use POSIX (); POSIX::setsid(); exec { $ARGV[0] } @ARGV or die qq($ARGV[0]: $!\\n)"];

    // Inherited from whatever started us, they would speak to the child of things that are only true here.
    private static readonly string[] OurOwn =
        ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE", "DOTNET_STARTUP_HOOKS", "MSBUILD_EXE_PATH", "MSBuildSDKsPath"];

    private readonly Process _process;
    private readonly Command _command;

    private LeashedProcess(Process process, Command command)
    {
        _process = process;
        _command = command;
        _process.EnableRaisingEvents = true;
        _process.Exited += (_, _) => LetGo();
        if (_process.HasExited)
        {
            LetGo();
        }

        Exit = WaitAsync();
    }

    /// <summary>Completes with the exit code once the process and its output have ended.</summary>
    public Task<int> Exit { get; }

    public static LeashedProcess Start(Command command, IReadOnlyDictionary<string, string> environment, Action<string> output)
    {
        var start = new ProcessStartInfo(NewSession[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = command.WorkingDirectory,
        };
        foreach (var argument in (IEnumerable<string>)
            [.. NewSession[1..], "/bin/sh", "-c", Leash, "leash", .. NewSession, .. Privileges(command), .. Unspeakable(environment), command.FileName, .. command.Arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in OurOwn)
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Forward(line.Data);
        process.ErrorDataReceived += (_, line) => Forward(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new LeashedProcess(process, command);

        void Forward(string? line)
        {
            if (line is not null)
            {
                output(line);
            }
        }
    }

    /// <summary>Asks for an orderly end, and ends it by force when the grace is over or <paramref name="hurry"/> fires.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken hurry)
    {
        await SignalAsync(_command.StopSignal);
        try
        {
            await Exit.WaitAsync(grace, hurry);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            await SignalAsync("KILL");
            await Exit;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero, CancellationToken.None);
        _process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(signal);
            await _process.StandardInput.FlushAsync();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The pipe is broken because the process has ended, which is what the signal was for.
        }
    }

    // When somebody kills the shell itself, its watcher still holds the pipes. It ends with the leash, and only then does our wait.
    private void LetGo()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // It was broken or closed already.
        }
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    // A shell forgets variables that it could not have set itself, such as services__cozi-bridge__http__0. They are addresses, not secrets,
    // so they may stand in a command line.
    private static IEnumerable<string> Unspeakable(IReadOnlyDictionary<string, string> environment)
    {
        string[] pairs = [.. environment.Where(pair => pair.Key.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter != '_')).Select(pair => $"{pair.Key}={pair.Value}")];
        return pairs.Length == 0 ? [] : ["env", .. pairs];
    }

    // setpriv changes the account first and asks for the parent-death signal last, because changing the account clears it. That signal is
    // the second line of defence: it ends the process when somebody kills the shell itself.
    private static IEnumerable<string> Privileges(Command command)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        string[] account = command.User is { } user ? [$"--reuid={user}", $"--regid={user}", "--init-groups"] : [];
        return ["setpriv", .. account, "--pdeathsig", "KILL"];
    }
}
