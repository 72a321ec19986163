using CalendarSync.IntegrationTests.Fixtures;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(RedisServer))]

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>A real Redis for this test assembly, started by the first test that asks.</summary>
/// <remarks>
/// It is shared and never flushed: a test uses ids of its own. One that stops or flushes the server makes one for itself
/// (<c>await using var redis = new RedisServer()</c>).
/// </remarks>
public sealed class RedisServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ServerProcess? _process;
    private int _port;

    /// <summary>As StackExchange.Redis reads it; valid once the server was started.</summary>
    public string ConnectionString => $"127.0.0.1:{_port},abortConnect=false,connectTimeout=2000";

    /// <summary>Starts the server if it does not run; after a stop, on the same port and without its data.</summary>
    public async Task StartAsync()
    {
        await _gate.WaitAsync();
        try
        {
            // Somebody else may take a fresh port before Redis does: then another one.
            for (var attempt = 1; _process is null; attempt++)
            {
                var port = _port == 0 ? ServerProcess.FreePort() : _port;
                var process = ServerProcess.Start(
                    "redis-server",
                    ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _directory.Path]);
                try
                {
                    await process.WaitUntilReadyAsync("redis-server", () => ServerProcess.AcceptsAsync(port));
                    (_process, _port) = (process, port);
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

    /// <summary>A client of its own; the caller disposes it.</summary>
    public async Task<ConnectionMultiplexer> ConnectAsync()
    {
        await StartAsync();
        return await ConnectionMultiplexer.ConnectAsync(ConnectionString);
    }

    /// <summary>Kills the server: what it held is gone.</summary>
    public async Task StopAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_process is not null)
            {
                await _process.StopAsync(PosixSignalNumber.Kill);
                await _process.DisposeAsync();
                _process = null;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Nothing: the first test that asks starts the server.</summary>
    ValueTask IAsyncLifetime.InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory.Dispose();
        _gate.Dispose();
    }
}
