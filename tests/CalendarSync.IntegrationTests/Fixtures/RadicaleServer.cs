using System.Net.Http.Headers;
using System.Text;
using CalendarSync.IntegrationTests.Fixtures;

[assembly: AssemblyFixture(typeof(RadicaleServer))]

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>
/// A real CalDAV server for this test assembly, started by the first test that asks. Each test takes an account of its own.
/// </summary>
/// <remarks>A test that stops the server makes one for itself (<c>await using var radicale = new RadicaleServer()</c>).</remarks>
public sealed class RadicaleServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ServerProcess? _process;
    private int _port;

    /// <summary>The root, from which a client discovers the account; valid once the server was started.</summary>
    public Uri Url => new($"http://127.0.0.1:{_port}/");

    private string Users => _directory.Combine("users");

    private string Rights => _directory.Combine("rights");

    /// <summary>Starts the server if it does not run; after a stop, on the same port and data.</summary>
    public async Task StartAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_port == 0)
            {
                await File.WriteAllTextAsync(Users, "");
                // The owner of a collection may do all; a collection whose name begins with "readonly" is one that others share.
                await File.WriteAllTextAsync(
                    Rights,
                    """
                    [root]
                    user: .+
                    collection:
                    permissions: R

                    [principal]
                    user: .+
                    collection: {user}
                    permissions: RW

                    [shared]
                    user: .+
                    collection: {user}/readonly[^/]*
                    permissions: r

                    [calendars]
                    user: .+
                    collection: {user}/[^/]+
                    permissions: rw

                    """);
            }

            for (var attempt = 1; _process is null; attempt++)
            {
                var port = _port == 0 ? ServerProcess.FreePort() : _port;
                var process = ServerProcess.Start(
                    "radicale",
                    [
                        "--config", "", $"--server-hosts=127.0.0.1:{port}", "--auth-type=htpasswd", $"--auth-htpasswd-filename={Users}",
                        "--auth-htpasswd-encryption=plain", "--auth-delay=0", "--rights-type=from_file", $"--rights-file={Rights}",
                        $"--storage-filesystem-folder={_directory.Combine("collections")}", "--web-type=none", "--logging-level=warning",
                    ]);
                try
                {
                    await process.WaitUntilReadyAsync("radicale", () => ServerProcess.AcceptsAsync(port));
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

    /// <summary>Stops the server.</summary>
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

    /// <summary>A new account without calendars.</summary>
    public async Task<RadicaleAccount> CreateAccountAsync()
    {
        await StartAsync();
        var email = $"canary-{Guid.NewGuid():N}@example.com";
        var password = $"canary-{Guid.NewGuid():N}";
        await _gate.WaitAsync();
        try
        {
            // Radicale reads the file at each login.
            await File.AppendAllTextAsync(Users, $"{email}:{password}\n");
        }
        finally
        {
            _gate.Release();
        }

        // Radicale answers in HTTP/1.0 and closes; a pooled connection would fail one request in seven.
        var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = Url };
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{email}:{password}")));
        var storage = Path.Combine(_directory.Combine("collections"), "collection-root", email);
        return new RadicaleAccount(this, client, email, password, storage);
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
