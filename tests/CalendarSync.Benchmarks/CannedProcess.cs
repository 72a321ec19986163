using System.Diagnostics;

namespace CalendarSync.Benchmarks;

/// <summary>The canned server's process. It ends when its input does, so it never outlives this one.</summary>
internal sealed class CannedProcess : IDisposable
{
    private readonly Process _process;

    private CannedProcess(Process process, Uri url)
    {
        _process = process;
        Url = url;
    }

    public Uri Url { get; }

    public static async Task<CannedProcess> StartAsync()
    {
        var process = Self.Start("serve", redirectInput: true);
        var url = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The canned server does not start.");
        return new CannedProcess(process, new Uri(url));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
