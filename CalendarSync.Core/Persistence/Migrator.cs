using System.Diagnostics;
using Dapper;
using DbUp;
using DbUp.Engine;
using DbUp.Postgresql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CalendarSync.Core.Persistence;

/// <summary>
/// Passwords of the hosts' login roles. A role whose password is <c>null</c> is left as it is; a new one cannot log in then.
/// </summary>
/// <param name="Api">Password of <c>calendarsync_api</c>.</param>
/// <param name="Worker">Password of <c>calendarsync_worker</c>.</param>
public sealed record DatabasePasswords(string? Api, string? Worker);

/// <summary>
/// Brings a database to the schema of this version. Repeating it changes nothing; of two at once, one waits for the other.
/// </summary>
public sealed partial class Migrator(ILogger<Migrator> logger)
{
    // Any number will do, as long as every version of this program takes the same. ASCII of "calendar".
    private const long LockKey = 0x63616C656E646172;

    /// <summary>Applies the migrations that are missing, in the order of their names, each in a transaction of its own.</summary>
    /// <param name="connectionString">The owner of the schema, in session mode: the lock belongs to the session.</param>
    /// <param name="passwords">Passwords to set for the hosts' login roles.</param>
    /// <param name="cancellationToken">Cancels the wait for the lock, and the run between two migrations.</param>
    /// <returns>The names of the migrations that were applied now.</returns>
    /// <exception cref="MigrationException">A migration failed. It left nothing behind; the ones before it stay.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(
        string connectionString, DatabasePasswords passwords, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        await using var dataSource = NpgsqlDataSource.Create(builder);

        // The session keeps the lock until it is closed, whatever happens in between; DbUp itself takes none.
        await using var session = await dataSource.OpenConnectionAsync(cancellationToken);
        await TakeLockAsync(session, cancellationToken);
        await session.ExecuteAsync(new CommandDefinition(
            $"create schema if not exists {MigrationScripts.JournalSchema}", cancellationToken: cancellationToken));

        // DbUp knows no async: it gets a thread.
        var applied = await Task.Run(() => Upgrade(dataSource, cancellationToken), cancellationToken);
        await GrantJournalAsync(session, cancellationToken);
        await LoginRoles.SetPasswordAsync(session, "calendarsync_api", passwords.Api, cancellationToken);
        await LoginRoles.SetPasswordAsync(session, "calendarsync_worker", passwords.Worker, cancellationToken);

        Log.Finished(logger, applied.Count, MigrationScripts.All.Count, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return applied;
    }

    private async Task TakeLockAsync(NpgsqlConnection session, CancellationToken cancellationToken)
    {
        if (await session.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select pg_try_advisory_lock(@LockKey)", new { LockKey }, cancellationToken: cancellationToken)))
        {
            return;
        }

        Log.Waiting(logger);
        await session.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_lock(@LockKey)", new { LockKey }, commandTimeout: 0, cancellationToken: cancellationToken));
    }

    private List<string> Upgrade(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var engine = DeployChanges.To
            .PostgresqlDatabase(new PostgresqlConnectionManager(dataSource))
            .WithScripts(MigrationScripts.All)
            .WithScriptNameComparer(StringComparer.Ordinal)
            .WithTransactionPerScript()
            .WithExecutionTimeout(TimeSpan.FromMinutes(10))
            // $name$ is a quote of PostgreSQL, not a variable of DbUp's.
            .WithVariablesDisabled()
            .JournalToPostgresqlTable(MigrationScripts.JournalSchema, MigrationScripts.JournalTable)
            .LogToNowhere()
            .Build();
        engine.ScriptExecuted += (_, e) =>
        {
            Log.Applied(logger, ((ScriptExecutedEventArgs)e).Script.Name);
            cancellationToken.ThrowIfCancellationRequested();
        };

        var result = engine.PerformUpgrade();
        if (result.Successful)
        {
            return [.. result.Scripts.Select(script => script.Name)];
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new MigrationException(result.ErrorScript?.Name, result.Error);
    }

    /// <summary>The hosts may see which migrations are applied, to know whether they may start: see <see cref="MigrationState"/>.</summary>
    private static Task<int> GrantJournalAsync(NpgsqlConnection session, CancellationToken cancellationToken) =>
        session.ExecuteAsync(new CommandDefinition(
            $"""
            do $$
            begin
                if not has_table_privilege('calendarsync_worker', '{MigrationScripts.Journal}', 'select')
                    or not has_schema_privilege('calendarsync_worker', '{MigrationScripts.JournalSchema}', 'usage')
                then
                    revoke all on {MigrationScripts.Journal} from public;
                    grant usage on schema {MigrationScripts.JournalSchema} to calendarsync_api, calendarsync_worker;
                    grant select on {MigrationScripts.Journal} to calendarsync_api, calendarsync_worker;
                end if;
            end
            $$
            """,
            cancellationToken: cancellationToken));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Another migration is running; waiting for it")]
        public static partial void Waiting(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Applied migration {Name}")]
        public static partial void Applied(ILogger logger, string name);

        [LoggerMessage(LogLevel.Information, "The database is up to date: {Applied} of {Total} migrations applied now, {Milliseconds:F0} ms")]
        public static partial void Finished(ILogger logger, int applied, int total, double milliseconds);
    }
}

/// <summary>A migration could not be applied.</summary>
/// <param name="script">Its name; <c>null</c> when the journal itself could not be read.</param>
/// <param name="cause">What the database said.</param>
public sealed class MigrationException(string? script, Exception cause)
    : Exception($"Migration {script ?? "(none yet)"} failed: {cause.Message}", cause)
{
    /// <summary>The name of the migration; <c>null</c> when the journal itself could not be read.</summary>
    public string? Script { get; } = script;
}
