using System.Globalization;
using CalendarSync.Core.Persistence;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>
/// A real Postgres for this test assembly: a cluster of its own in a temporary directory, reachable by a Unix socket in it, started by
/// the first test that asks. Each test takes a database of its own, copied from a template that was migrated once.
/// </summary>
/// <remarks>
/// A test that stops the server makes one for itself (<c>await using var server = new PostgresServer()</c>): the shared one serves others.
/// </remarks>
public sealed class PostgresServer : IAsyncLifetime
{
    /// <summary>Password of <c>calendarsync_api</c> and <c>calendarsync_worker</c>.</summary>
    public const string HostPassword = "canary-password-of-the-hosts";

    private const string Template = "calendarsync_template";

    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ServerProcess? _process;
    private bool _initialised;
    private bool _migrated;
    private int _databases;

    private static string Binaries { get; } = FindBinaries();

    /// <summary>The superuser's connection string.</summary>
    public string ConnectionString(string database = "postgres") => ConnectionString(database, "postgres", HostPassword);

    /// <summary>Connection string of a role. The socket is in the server's own directory, so no port is taken and none collides.</summary>
    public string ConnectionString(string database, string user, string password) => new NpgsqlConnectionStringBuilder
    {
        Host = _directory.Path,
        Database = database,
        Username = user,
        Password = password,
        MaxPoolSize = 20,
        // A database that a test has dropped must not keep its pool's sessions.
        ConnectionIdleLifetime = 10,
        ConnectionPruningInterval = 5,
    }.ConnectionString;

    /// <summary>A migrated database for one test or one class.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync()
    {
        await StartAsync();
        await MigrateTemplateAsync();
        return await CopyAsync(Template);
    }

    /// <summary>A database without anything, for tests of the migrations themselves.</summary>
    public async Task<TestDatabase> CreateEmptyDatabaseAsync()
    {
        await StartAsync();
        return await CopyAsync("template1");
    }

    /// <summary>Starts the server, or starts it again on its data.</summary>
    public async Task StartAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_process is null)
            {
                await InitialiseAsync();
                await LaunchAsync();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Stops the server at once, as a crash or a restart does: sessions are cut off.</summary>
    public async Task StopAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_process is not null)
            {
                await _process.StopAsync(PosixSignalNumber.Quit);
                await _process.DisposeAsync();
                _process = null;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Runs migrations on a database of this server. One at a time: roles belong to the whole cluster.</summary>
    public async Task<IReadOnlyList<string>> MigrateAsync(string database)
    {
        await _gate.WaitAsync();
        try
        {
            return await new Migrator(NullLogger<Migrator>.Instance).MigrateAsync(
                ConnectionString(database), new DatabasePasswords(HostPassword, HostPassword), TestContext.Current.CancellationToken);
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

    /// <summary>Drops a database, whoever is still connected. A stopped server drops all of them when it goes.</summary>
    internal async Task DropAsync(string database)
    {
        if (_process is not null)
        {
            await ExecuteAsync($"drop database if exists {database} with (force)");
        }
    }

    internal async Task ExecuteAsync(string sql, string database = "postgres")
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string FindBinaries()
    {
        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        var newest = versions.MaxBy(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));
        return newest is null
            ? throw new InvalidOperationException("PostgreSQL is not installed (Debian package: postgresql).")
            : Path.Combine(newest, "bin");
    }

    private async Task InitialiseAsync()
    {
        if (_initialised)
        {
            return;
        }

        var passwordFile = _directory.Combine("password");
        await File.WriteAllTextAsync(passwordFile, HostPassword);
        if (ServerProcess.IsRoot)
        {
            await ServerProcess.RunAsync("chown", ["-R", "postgres:postgres", _directory.Path]);
        }

        await ServerProcess.RunAsync(
            Path.Combine(Binaries, "initdb"),
            [
                "-D", _directory.Combine("data"), "-U", "postgres", "--pwfile", passwordFile, "-A", "scram-sha-256", "-E", "UTF8",
                "--locale=C.UTF-8", "--no-sync",
            ],
            user: "postgres");
        _initialised = true;
    }

    private async Task LaunchAsync()
    {
        string[] settings =
        [
            "listen_addresses=", $"unix_socket_directories={_directory.Path}", "max_connections=300", "shared_buffers=64MB",
            // Speed over safety: the data is gone with the test run. Commits still wait for their record, so a killed server has kept them.
            "fsync=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=256MB", "wal_level=minimal", "max_wal_senders=0",
            "log_min_messages=warning", "log_min_error_statement=panic",
        ];
        _process = ServerProcess.Start(
            Path.Combine(Binaries, "postgres"),
            ["-D", _directory.Combine("data"), .. settings.SelectMany(setting => new[] { "-c", setting })],
            user: "postgres",
            // Its immediate shutdown: it takes its backends and its shared memory with it.
            deathSignal: "QUIT");
        await _process.WaitUntilReadyAsync("postgres", async () =>
        {
            try
            {
                await ExecuteAsync("select 1");
                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        });
    }

    private async Task MigrateTemplateAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (!_migrated)
            {
                await ExecuteAsync($"create database {Template}");
                await new Migrator(NullLogger<Migrator>.Instance).MigrateAsync(
                    ConnectionString(Template), new DatabasePasswords(HostPassword, HostPassword), CancellationToken.None);
                _migrated = true;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<TestDatabase> CopyAsync(string template)
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        // Two copies of one template at a time refuse each other.
        await _gate.WaitAsync();
        try
        {
            await ExecuteAsync($"create database {name} template {template} strategy file_copy");
        }
        finally
        {
            _gate.Release();
        }

        return new TestDatabase(this, name);
    }
}
