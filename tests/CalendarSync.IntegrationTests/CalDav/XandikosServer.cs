using CalendarSync.IntegrationTests.CalDav;
using CalendarSync.IntegrationTests.Fixtures;

[assembly: AssemblyFixture(typeof(XandikosServer))]

namespace CalendarSync.IntegrationTests.CalDav;

/// <summary>A second real CalDAV server, of other habits: no accounts, git below, HTTP/1.1. Started by the first test that asks.</summary>
public sealed class XandikosServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ServerProcess? _process;

    /// <summary>The root; valid once the server was started.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1:1/");

    /// <summary>Starts the server if it does not run.</summary>
    public async Task StartAsync()
    {
        await _gate.WaitAsync();
        try
        {
            for (var attempt = 1; _process is null; attempt++)
            {
                var port = ServerProcess.FreePort();
                var process = ServerProcess.Start(
                    "xandikos", ["-d", _directory.Path, "-l", "127.0.0.1", "-p", $"{port}", "--defaults", "--current-user-principal", "/user/"]);
                try
                {
                    await process.WaitUntilReadyAsync("xandikos", () => ServerProcess.AcceptsAsync(port));
                    (_process, Url) = (process, new Uri($"http://127.0.0.1:{port}/"));
                }
                catch (InvalidOperationException) when (attempt < 5)
                {
                    await process.DisposeAsync();
                }
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Makes a calendar of its own for a test.</summary>
    public async Task<Uri> CreateCalendarAsync(HttpClient client)
    {
        await StartAsync();
        var address = new Uri(Url, $"/user/calendars/{Guid.NewGuid():N}/");
        using var request = new HttpRequestMessage(new HttpMethod("MKCALENDAR"), address);
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return address;
    }

    ValueTask IAsyncLifetime.InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _directory.Dispose();
        _gate.Dispose();
    }
}
