using CalendarSync.Core.Persistence;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Npgsql;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>How the hosts' login roles get their passwords.</summary>
public sealed class LoginPasswordTests : IAsyncLifetime
{
    // A server of its own for each test: the roles belong to the whole cluster.
    private readonly PostgresServer _server = new();
    private TestDatabase? _database;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await _server.CreateEmptyDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_login_without_a_configured_password_is_left_as_it_is()
    {
        await MigrateAsync(new DatabasePasswords(null, null));
        await Assert.ThrowsAsync<PostgresException>(async () => await Database.Api.OpenConnectionAsync(Cancellation));

        await MigrateAsync(new DatabasePasswords(PostgresServer.HostPassword, null));
        await using (await Database.Api.OpenConnectionAsync(Cancellation))
        {
        }

        await Assert.ThrowsAsync<PostgresException>(async () => await Database.Worker.OpenConnectionAsync(Cancellation));
        await MigrateAsync(new DatabasePasswords(null, PostgresServer.HostPassword));
        await using (await Database.Api.OpenConnectionAsync(Cancellation))
        await using (await Database.Worker.OpenConnectionAsync(Cancellation))
        {
        }
    }

    [Fact]
    public async Task A_password_of_any_characters_logs_in_and_is_in_no_log()
    {
        const string Password = "canary-p'a\"s\\s; -- ÄÅﬁ";
        var logger = new FakeLogger<Migrator>();
        await MigrateAsync(new DatabasePasswords(Password, Password), logger);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Database.WorkerConnectionString) { Password = Password, Pooling = false });
        await using (await source.OpenConnectionAsync(Cancellation))
        {
        }

        Assert.DoesNotContain(logger.Collector.GetSnapshot(), record => record.Message.Contains("canary", StringComparison.Ordinal) || record.Level > LogLevel.Information);
    }

    private Task<IReadOnlyList<string>> MigrateAsync(DatabasePasswords passwords, ILogger<Migrator>? logger = null) =>
        new Migrator(logger ?? new FakeLogger<Migrator>()).MigrateAsync(Database.OwnerConnectionString, passwords, Cancellation);
}
