using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;
using Dapper;
using Npgsql;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>A test with a migrated database of its own, a family in it, and another family next door.</summary>
public abstract class DatabaseTest(PostgresServer postgres) : IAsyncLifetime
{
    private TestDatabase? _database;

    protected PostgresServer Postgres { get; } = postgres;

    protected TestDatabase Database => _database!;

    /// <summary>Owner of <see cref="Space"/>.</summary>
    protected UserId Anna { get; private set; }

    /// <summary>Another member of <see cref="Space"/>.</summary>
    protected UserId Ben { get; private set; }

    /// <summary>Owner and only member of <see cref="OtherSpace"/>.</summary>
    protected UserId Stranger { get; private set; }

    protected SpaceId Space { get; private set; }

    protected SpaceId OtherSpace { get; private set; }

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        _database = await Postgres.CreateDatabaseAsync();
        Anna = await Database.CreateUserAsync("Anna");
        Ben = await Database.CreateUserAsync("Ben");
        Stranger = await Database.CreateUserAsync("Stranger");
        Space = await Database.CreateSpaceAsync(Anna, Ben);
        OtherSpace = await Database.CreateSpaceAsync(Stranger);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>A statement of a user, through the API's login.</summary>
    protected async Task<int> AsUserAsync(UserId user, string sql, object? parameters = null)
    {
        await using var transaction = await Database.ApiDatabase.BeginAsUserAsync(user, Cancellation);
        var rows = await transaction.ExecuteAsync(sql, parameters, Cancellation);
        await transaction.CommitAsync(Cancellation);
        return rows;
    }

    /// <summary>A value that a user reads, or a function that it calls, through the API's login.</summary>
    protected async Task<T> ReadAsUserAsync<T>(UserId user, string sql, object? parameters = null)
    {
        await using var transaction = await Database.ApiDatabase.BeginAsUserAsync(user, Cancellation);
        var value = await transaction.Connection.QuerySingleAsync<T>(transaction.Command(sql, parameters, Cancellation));
        await transaction.CommitAsync(Cancellation);
        return value;
    }

    /// <summary>A statement of the sync, as written by a pass of <paramref name="origin"/>.</summary>
    protected async Task<int> AsServiceAsync(ConnectionId? origin, string sql, object? parameters = null)
    {
        await using var transaction = await Database.WorkerDatabase.BeginAsServiceAsync(origin, Cancellation);
        var rows = await transaction.ExecuteAsync(sql, parameters, Cancellation);
        await transaction.CommitAsync(Cancellation);
        return rows;
    }

    /// <summary>Asserts that the database refuses for want of a right: SQLSTATE 42501.</summary>
    protected static Task AssertForbiddenAsync(Func<Task> act) => AssertSqlStateAsync(PostgresErrorCodes.InsufficientPrivilege, act);

    protected static async Task AssertSqlStateAsync(string sqlState, Func<Task> act) =>
        Assert.Equal(sqlState, (await Assert.ThrowsAsync<PostgresException>(act)).SqlState);
}
