using CalendarSync.Core.Persistence;
using CalendarSync.IntegrationTests.Fixtures;
using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>The runner of the migrations.</summary>
/// <remarks>On a server of their own: roles belong to the whole cluster, and two databases of it must not change them at once.</remarks>
public sealed class MigratorTests(MigratorTests.OwnServer server) : IClassFixture<MigratorTests.OwnServer>, IAsyncLifetime
{
    private TestDatabase? _database;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await server.Postgres.CreateEmptyDatabaseAsync();

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    [Fact]
    public async Task The_plans_migrations_run_after_the_baseline_and_before_ours_in_the_order_of_their_names()
    {
        var applied = await Database.MigrateAsync();
        Assert.Equal(
            [
                "20251202000000_baseline.sql",
                "20251203000001_create_calendar_connections.sql",
                "20251203000002_create_calendar_event_mappings.sql",
                "20251203000003_create_calendar_sync_logs.sql",
                "20251203000004_create_calendar_sync_conflicts.sql",
                "20251203000005_create_calendar_webhook_subscriptions.sql",
                "20251203000006_add_vault_token_functions.sql",
                "20251203000007_add_events_external_sync_fields.sql",
                "20251203000008_create_calendar_rls_policies.sql",
                "20251203000009_create_calendar_indexes.sql",
                "20251203000010_add_calendar_triggers.sql",
            ],
            applied.Take(11));
        Assert.All(applied.Skip(11), name => Assert.True(string.CompareOrdinal(name, "20251204") > 0, name));
        Assert.Equal(applied, await Database.QueryAsync<string>("select scriptname from calendar_migrations.journal order by schemaversionsid"));
    }

    [Fact]
    public async Task A_second_run_does_nothing_and_says_so()
    {
        await Database.MigrateAsync();
        const string Objects = "select md5(string_agg(oid::text || xmin::text, ',' order by oid)) from pg_class where relnamespace = 'public'::regnamespace";
        var before = await Database.QuerySingleAsync<string>(Objects);
        var logger = new FakeLogger<Migrator>();
        Assert.Empty(await MigrateAsync(logger));
        Assert.Equal(before, await Database.QuerySingleAsync<string>(Objects));
        Assert.StartsWith("The database is up to date: 0 of", logger.LatestRecord.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_runs_at_once_one_waits_and_then_finds_nothing_to_do()
    {
        // Holding the lock makes sure that both are there at once.
        await using var session = await Database.Owner.OpenConnectionAsync(Cancellation);
        await session.ExecuteAsync("select pg_advisory_lock(x'63616C656E646172'::bigint)");
        FakeLogger<Migrator>[] loggers = [new(), new()];
        var runs = loggers.Select(logger => Task.Run(() => MigrateAsync(logger))).ToArray();
        while (await session.ExecuteScalarAsync<long>("select count(*) from pg_locks where locktype = 'advisory' and not granted") < 2)
        {
            Assert.DoesNotContain(runs, run => run.IsCompleted);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }

        await session.ExecuteAsync("select pg_advisory_unlock_all()");
        var applied = await Task.WhenAll(runs);
        Assert.Equal(0, applied.Min(names => names.Count));
        Assert.Equal(await Database.QuerySingleAsync<long>("select count(*) from calendar_migrations.journal"), applied.Max(names => names.Count));
        Assert.All(loggers, logger => Assert.Contains(logger.Collector.GetSnapshot(), record => record.Message.StartsWith("Another migration is running", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_waiting_run_can_be_cancelled()
    {
        await using var session = await Database.Owner.OpenConnectionAsync(Cancellation);
        await session.ExecuteAsync("select pg_advisory_lock(x'63616C656E646172'::bigint)");
        using var cancel = new CancellationTokenSource();
        var run = new Migrator(new FakeLogger<Migrator>()).MigrateAsync(Database.OwnerConnectionString, new DatabasePasswords(null, null), cancel.Token);
        while (await session.ExecuteScalarAsync<long>("select count(*) from pg_locks where locktype = 'advisory' and not granted") == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(0, await Database.QuerySingleAsync<long>("select count(*) from pg_class where relname = 'calendar_connections'"));
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind_and_the_next_run_goes_on_where_it_stopped()
    {
        // In the way of the third one, and only of it.
        await Database.ExecuteAsync("create view public.calendar_event_mappings as select 1 as id");
        var failure = await Assert.ThrowsAsync<MigrationException>(() => Database.MigrateAsync());
        Assert.Equal("20251203000002_create_calendar_event_mappings.sql", failure.Script);
        Assert.Equal(2, await Database.QuerySingleAsync<long>("select count(*) from calendar_migrations.journal"));

        await Database.ExecuteAsync("drop view public.calendar_event_mappings");
        Assert.Equal(failure.Script, (await Database.MigrateAsync())[0]);
        Assert.Empty(await new MigrationState(Database.Owner).GetMissingAsync(Cancellation));
    }

    [Fact]
    public async Task The_hosts_see_whether_the_migrations_are_applied()
    {
        // Before the first run the hosts cannot log in at all, so the owner looks.
        var before = await new MigrationState(Database.Owner).GetMissingAsync(Cancellation);
        var applied = await Database.MigrateAsync();
        Assert.Equal(applied, before);
        Assert.Empty(await new MigrationState(Database.Api).GetMissingAsync(Cancellation));
        Assert.Empty(await new MigrationState(Database.Worker).GetMissingAsync(Cancellation));

        await Database.ExecuteAsync("delete from calendar_migrations.journal where scriptname = @last", new { last = applied[^1] });
        Assert.Equal([applied[^1]], await new MigrationState(Database.Api).GetMissingAsync(Cancellation));
    }

    private Task<IReadOnlyList<string>> MigrateAsync(ILogger<Migrator> logger) => new Migrator(logger).MigrateAsync(
        Database.OwnerConnectionString, new DatabasePasswords(PostgresServer.HostPassword, PostgresServer.HostPassword), Cancellation);

    /// <summary>One server for the class.</summary>
    public sealed class OwnServer : IAsyncDisposable
    {
        public PostgresServer Postgres { get; } = new();

        public ValueTask DisposeAsync() => Postgres.DisposeAsync();
    }
}
