using System.Runtime.InteropServices;

namespace CalendarSync.Worker.Verbs;

/// <summary>Runs a verb that has no host of its own, until it ends or the process is asked to.</summary>
internal static class UntilSignalled
{
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> verb)
    {
        using var stopping = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            return await verb(stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Stopped;
        }
    }
}
