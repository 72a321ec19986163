using CalendarSync.IntegrationTests.Fixtures;
using Dapper;
using Npgsql;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>Keeps a lock in the database, so that a worker stops at a statement that wants it: a moment between two commits.</summary>
internal sealed class Blocker : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly NpgsqlConnection _session;
    private readonly NpgsqlTransaction _transaction;

    private Blocker(TestDatabase database, NpgsqlConnection session, NpgsqlTransaction transaction) =>
        (_database, _session, _transaction) = (database, session, transaction);

    public static async Task<Blocker> HoldAsync(TestDatabase database, string sql, object parameters)
    {
        var session = await database.Owner.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var transaction = await session.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await session.ExecuteAsync(sql, parameters);
        return new Blocker(database, session, transaction);
    }

    /// <summary>Waits until a worker stands at this lock. Its heartbeat does not count.</summary>
    public Task SomebodyWaitsAsync() => Eventually.TrueAsync(() => _database.QuerySingleAsync<bool>($"select exists (select 1 from {Waiting})", new { _session.ProcessID }));

    /// <summary>Ends the sessions that stand at this lock, as their server does once it finds out that the client is dead.</summary>
    public Task EndWaitingAsync() => _database.ExecuteAsync($"select pg_terminate_backend(pid) from {Waiting}", new { _session.ProcessID });

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _session.DisposeAsync();
    }

    private const string Waiting =
        """
        pg_stat_activity
        where datname = current_database() and usename = 'calendarsync_worker' and @ProcessID = any(pg_blocking_pids(pid))
          and query not like '%set lease_until = now() +%'
        """;
}
