using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Aspire.Hosting.Local;

/// <summary>A Postgres server of our own: passwords by SCRAM, loopback only, durable by default.</summary>
internal static class Postgres
{
    private const int OldestVersion = 15;

    // Postgres refuses to run as root; Debian's packages make this account.
    private static readonly string? Account = Environment.IsPrivilegedProcess ? "postgres" : null;

    public static async Task<Command> PrepareAsync(PostgresServerResource server, string volume, StartContext context, CancellationToken cancellationToken)
    {
        var binaries = FindBinaries();
        var data = Path.Combine(context.DataDirectory, volume);
        if (!File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            context.Say("making a new database cluster");
            await InitialiseAsync(binaries, data, server.PasswordParameter, cancellationToken);
        }

        await RemoveStaleLockAsync(data, cancellationToken);
        var port = server.PrimaryEndpoint.Port.ToString(CultureInfo.InvariantCulture);
        return new Command(
            Path.Combine(binaries, "postgres"),
            [
                "-D", data, "-c", "listen_addresses=127.0.0.1", "-p", port, "-c", "unix_socket_directories=",

                // Small enough for a laptop with two cores, large enough for a few hosts with their pools.
                "-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "max_wal_size=256MB", "-c", "jit=off",
                "-c", "log_min_messages=warning", "-c", "log_checkpoints=off", "-c", "log_line_prefix=",

                // A statement may hold a title or an address: an error is logged without the statement and the row that caused it.
                "-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse",
            ],
            "/",
            StopSignal: "INT", // fast shut-down: sessions end, the cluster is left clean
            User: Account);
    }

    /// <summary>Asks the server itself; an open port does not mean that recovery is over.</summary>
    public static async Task<string?> ProbeAsync(PostgresServerResource server, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(server, cancellationToken);
            return null;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            throw new LocalRuntimeException(
                "The database cluster was made with another password. Give the old one, or choose another folder with CALENDARSYNC_DATA.", exception);
        }
        catch (NpgsqlException exception)
        {
            return exception.Message;
        }
    }

    public static async Task<string?> CreateDatabaseAsync(PostgresDatabaseResource database, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(database.Parent, cancellationToken);
        await using var find = new NpgsqlCommand("select count(*) from pg_database where datname = $1", connection)
        {
            Parameters = { new() { Value = database.DatabaseName } },
        };
        if (await find.ExecuteScalarAsync(cancellationToken) is 0L)
        {
            // A name cannot be a parameter. This one comes from the app host's own source.
            await using var create = new NpgsqlCommand($"create database \"{database.DatabaseName.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        return null;
    }

    private static async Task<NpgsqlConnection> OpenAsync(PostgresServerResource server, CancellationToken cancellationToken)
    {
        var address = await server.ConnectionStringExpression.GetValueAsync(cancellationToken);
        var connection = new NpgsqlConnection($"{address};Database=postgres;Timeout=2;Pooling=false");
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task InitialiseAsync(string binaries, string data, ParameterResource password, CancellationToken cancellationToken)
    {
        // Made beside its place and moved there whole: an interrupted initdb leaves nothing that looks like a cluster.
        var draft = $"{data}.new";
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        Directory.CreateDirectory(draft);
        var passwordFile = $"{data}.password";
        await File.WriteAllTextAsync(passwordFile, await password.GetValueAsync(cancellationToken), cancellationToken);
        try
        {
            File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            if (Account is not null)
            {
                await RunAsync("chown", [$"{Account}:", draft, passwordFile], user: null, cancellationToken);
            }

            await RunAsync(
                Path.Combine(binaries, "initdb"),
                [
                    "-D", draft, "--username=postgres", $"--pwfile={passwordFile}", "--auth=scram-sha-256", "--encoding=UTF8",
                    OperatingSystem.IsLinux() ? "--locale=C.UTF-8" : "--locale=C", "--no-instructions",
                ],
                Account,
                cancellationToken);
        }
        finally
        {
            File.Delete(passwordFile);
        }

        Directory.Move(draft, data);
    }

    private static async Task RunAsync(string fileName, string[] arguments, string? user, CancellationToken cancellationToken)
    {
        List<string> lines = [];
        await using var process = LeashedProcess.Start(
            new Command(fileName, arguments, "/", User: user), new Dictionary<string, string>(), line =>
            {
                lock (lines)
                {
                    lines.Add(line);
                }
            });
        if (await process.Exit.WaitAsync(cancellationToken) is not 0 and var code)
        {
            throw new LocalRuntimeException(
                $"{Path.GetFileName(fileName)} ended with exit code {code}:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}");
        }
    }

    /// <summary>
    /// A cluster that was killed keeps its postmaster.pid. Postgres removes it unless a process of its own account has that number by now, and
    /// then refuses to start. The folder is locked by us, so nobody but a server that is just ending can still use it.
    /// </summary>
    private static async Task RemoveStaleLockAsync(string data, CancellationToken cancellationToken)
    {
        var file = Path.Combine(data, "postmaster.pid");
        var deadline = Stopwatch.StartNew();
        while (File.Exists(file) && IsServing(data, file))
        {
            if (deadline.Elapsed > TimeSpan.FromSeconds(10))
            {
                throw new LocalRuntimeException($"Another Postgres server uses {data}. Stop it, or choose another folder with CALENDARSYNC_DATA.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }

        File.Delete(file);
    }

    private static bool IsServing(string data, string pidFile)
    {
        try
        {
            var commandLine = $"/proc/{File.ReadLines(pidFile).First()}/cmdline";
            return File.Exists(commandLine) && File.ReadAllText(commandLine).Contains(data, StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return false; // ended, or removed its file, while we looked
        }
    }

    private static string FindBinaries()
    {
        // Debian, Homebrew on both of its roots, and whatever the search path holds.
        string[] roots = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];
        var installed = roots.Where(Directory.Exists).SelectMany(root => Directory.EnumerateDirectories(root))
            .Select(folder => (Folder: Path.Combine(folder, "bin"), Version: Version(Path.GetFileName(folder))))
            .Where(candidate => candidate.Version >= OldestVersion && File.Exists(Path.Combine(candidate.Folder, "initdb")))
            .OrderByDescending(candidate => candidate.Version)
            .Select(candidate => candidate.Folder);
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Where(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
        return installed.Concat(onPath).FirstOrDefault()
            ?? throw new LocalRuntimeException($"Postgres {OldestVersion} or newer is not installed (Debian: postgresql; Homebrew: postgresql@17).");
    }

    private static int Version(string folder) =>
        int.TryParse(folder.Replace("postgresql@", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var version) ? version : 0;
}
