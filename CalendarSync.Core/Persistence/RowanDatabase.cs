using System.Data;
using System.Text.Json;
using CalendarSync.Core.Model;
using Dapper;
using Npgsql;

namespace CalendarSync.Core.Persistence;

/// <summary>
/// The only way to Rowan's database. A transaction always has a role, and only for its own length, so it works through a pooler in
/// transaction mode and a pooled session carries nothing over to the next user.
/// </summary>
public sealed class RowanDatabase(NpgsqlDataSource dataSource)
{
    /// <summary>
    /// After so long without a statement Postgres ends a transaction. None of ours waits for anything but Postgres, so whoever is silent
    /// stands still (a paused machine, a process that was stopped), and its locks would keep others from the rows for as long.
    /// </summary>
    private const string LongestSilence = "10s";

    static RowanDatabase() => DapperTypes.Register();

    /// <summary>A transaction of the sync itself: role <c>service_role</c>, which row-level security lets through.</summary>
    /// <param name="origin">The connection whose changes are written, so that the trigger on <c>events</c> queues them for every other one.</param>
    /// <param name="cancellationToken">Cancels the wait for a session.</param>
    public Task<RowanTransaction> BeginAsServiceAsync(ConnectionId? origin, CancellationToken cancellationToken) =>
        BeginAsync("service_role", claims: "", origin?.Value.ToString() ?? "", IsolationLevel.ReadCommitted, cancellationToken);

    /// <summary>
    /// A transaction of the sync that sees one moment of the database however long it takes, and in which Postgres refuses every write and
    /// every lock on a row.
    /// </summary>
    public async Task<RowanTransaction> BeginSnapshotAsync(CancellationToken cancellationToken)
    {
        var transaction = await BeginAsync("service_role", claims: "", origin: "", IsolationLevel.RepeatableRead, cancellationToken);
        await transaction.ExecuteAsync("set transaction read only", null, cancellationToken);
        return transaction;
    }

    /// <summary>A transaction of a user: Postgres itself shows only what the user's spaces hold.</summary>
    public Task<RowanTransaction> BeginAsUserAsync(UserId user, CancellationToken cancellationToken) =>
        BeginAsync("authenticated", JsonSerializer.Serialize(new { sub = user.Value, role = "authenticated" }), origin: "", IsolationLevel.ReadCommitted, cancellationToken);

    /// <summary>
    /// One statement of the sync itself, in one round trip: the role and the statement travel together and are one implicit transaction
    /// (statements sent before one Sync of the extended protocol are).
    /// </summary>
    public async Task<IReadOnlyList<T>> QueryAsServiceAsync<T>(string sql, object? parameters, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            "select set_config('role', 'service_role', true), set_config('calendar_sync.origin', '', true);\n" + sql,
            parameters,
            cancellationToken: cancellationToken));
        await results.ReadSingleAsync();
        return [.. await results.ReadAsync<T>()];
    }

    private async Task<RowanTransaction> BeginAsync(string role, string claims, string origin, IsolationLevel isolation, CancellationToken cancellationToken)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = await connection.BeginTransactionAsync(isolation, cancellationToken);

            // BEGIN travels with this statement: one round trip. All of them are local to the transaction.
            await connection.ExecuteAsync(new CommandDefinition(
                """
                select set_config('role', @role, true),
                       set_config('request.jwt.claims', @claims, true),
                       set_config('calendar_sync.origin', @origin, true),
                       set_config('idle_in_transaction_session_timeout', @silence, true)
                """,
                new { role, claims, origin, silence = LongestSilence },
                transaction,
                cancellationToken: cancellationToken));
            return new RowanTransaction(connection, transaction);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}

/// <summary>An open transaction with its role. Disposed without <see cref="CommitAsync"/> it changes nothing.</summary>
public sealed class RowanTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
{
    /// <summary>The session, for statements of this transaction only.</summary>
    public NpgsqlConnection Connection { get; } = connection;

    /// <summary>Raised when it is committed.</summary>
    internal event Action? Committed;

    /// <summary>A statement of this transaction.</summary>
    public CommandDefinition Command(string sql, object? parameters, CancellationToken cancellationToken) =>
        new(sql, parameters, transaction, cancellationToken: cancellationToken);

    /// <summary>Runs a statement.</summary>
    /// <returns>The number of rows that it changed.</returns>
    public Task<int> ExecuteAsync(string sql, object? parameters, CancellationToken cancellationToken) =>
        Connection.ExecuteAsync(Command(sql, parameters, cancellationToken));

    /// <summary>Reads all rows.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters, CancellationToken cancellationToken) =>
        (await Connection.QueryAsync<T>(Command(sql, parameters, cancellationToken))).AsList();

    /// <summary>Reads the one row that there may be.</summary>
    public Task<T?> QuerySingleOrDefaultAsync<T>(string sql, object? parameters, CancellationToken cancellationToken) =>
        Connection.QuerySingleOrDefaultAsync<T>(Command(sql, parameters, cancellationToken));

    /// <summary>Makes it so.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await transaction.CommitAsync(cancellationToken);
        Committed?.Invoke();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await Connection.DisposeAsync();
    }
}
