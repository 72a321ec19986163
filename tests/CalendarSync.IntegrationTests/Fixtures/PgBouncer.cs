using Npgsql;

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>
/// A pgbouncer in transaction mode before a test Postgres: with every transaction a client may get another session. It has so few that
/// whatever a client leaves behind in one reaches another client.
/// </summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private const int Port = 6432;

    private readonly TemporaryDirectory _directory = new();
    private readonly ServerProcess _process;

    private PgBouncer(TemporaryDirectory directory, ServerProcess process) => (_directory, _process) = (directory, process);

    public static async Task<PgBouncer> StartAsync(PostgresServer postgres, int sessions = 3)
    {
        await postgres.StartAsync();
        var directory = new TemporaryDirectory();
        string[] users = ["postgres", "calendarsync_api", "calendarsync_worker"];
        await File.WriteAllLinesAsync(directory.Combine("users"), users.Select(user => $"\"{user}\" \"{PostgresServer.HostPassword}\""));
        await File.WriteAllTextAsync(
            directory.Combine("settings"),
            $"""
            [databases]
            * = host={new NpgsqlConnectionStringBuilder(postgres.ConnectionString()).Host}

            [pgbouncer]
            pool_mode = transaction
            default_pool_size = {sessions}
            max_client_conn = 500
            listen_addr =
            listen_port = {Port}
            unix_socket_dir = {directory.Path}
            auth_type = scram-sha-256
            auth_file = {directory.Combine("users")}
            server_login_retry = 1
            """);
        if (ServerProcess.IsRoot)
        {
            // It refuses to run as root.
            await ServerProcess.RunAsync("chown", ["-R", "postgres:postgres", directory.Path]);
        }

        var bouncer = new PgBouncer(directory, ServerProcess.Start("pgbouncer", [directory.Combine("settings")], user: "postgres"));
        await bouncer._process.WaitUntilReadyAsync("pgbouncer", () => Task.FromResult(File.Exists(directory.Combine($".s.PGSQL.{Port}"))));
        return bouncer;
    }

    /// <summary>The way through the pooler to what the connection string leads to.</summary>
    public string Through(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Host = _directory.Path, Port = Port }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _directory.Dispose();
    }
}
