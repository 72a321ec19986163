using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.Extensions.Options;

namespace CalendarSync.IntegrationTests.Worker;

/// <summary>The worker's process between a real database and a real CalDAV server, while things are stopped around it.</summary>
public sealed class WorkerSyncTests(RadicaleServer radicale) : IAsyncLifetime
{
    private readonly PostgresServer _postgres = new();
    private readonly RedisServer _redis = new();
    private TestDatabase _database = null!;
    private RadicaleAccount _account = null!;
    private Uri _calendar = null!;
    private SpaceId _space;

    public async ValueTask InitializeAsync()
    {
        _database = await _postgres.CreateDatabaseAsync();
        await _redis.StartAsync();
        _account = await radicale.CreateAccountAsync();
        _calendar = await _account.CreateCalendarAsync();
        var user = await _database.CreateUserAsync();
        _space = await _database.CreateSpaceAsync(user);
        var connection = await _database.CreateConnectionAsync(_space, user, serverUrl: radicale.Url.ToString(), account: _account.Email, due: true);
        await _database.CreateCalendarAsync(connection, Uri.UnescapeDataString(_calendar.AbsolutePath));
        var cipher = new SecretCipher(new KeyRing(Options.Create(new VaultOptions { EncryptionKey = WorkerProcess.Key })));
        await _database.StoreSecretAsync(
            connection, "app_specific_password", cipher.Encrypt(connection, SecretKind.AppSpecificPassword, _account.Password));
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
        _account.Dispose();
    }

    [Fact]
    public async Task An_edit_in_Rowan_reaches_the_server_an_event_of_the_server_is_imported_and_a_preview_is_answered()
    {
        await _account.PutSimpleEventAsync(_calendar, "imported-1", "canary-title-outside", "20270314T090000Z", "20270314T100000Z");
        await using var worker = Start();
        await WorkerProcess.EventuallyAsync(() => IsInRowanAsync("canary-title-outside"), worker);

        await _database.CreateEventAsync(_space, "canary-title-inside");
        await WorkerProcess.EventuallyAsync(() => IsOutsideAsync("canary-title-inside"), worker);

        await _account.PutSimpleEventAsync(_calendar, "imported-2", "canary-title-next", "20270315T090000Z", "20270315T100000Z");
        await _database.ExecuteAsync(
            """
            insert into calendar_previews (connection_id, requested_by) select id, user_id from calendar_connections;
            notify calendar_preview
            """);
        await WorkerProcess.EventuallyAsync(
            () => _database.QuerySingleAsync<bool>("select status = 'done' and (result -> 'counts' ->> 'deletes') = '0' from calendar_previews"), worker);

        Assert.Null(LogPrivacyRules.Find(worker.Output));
    }

    [Fact]
    public async Task Restarts_of_Postgres_and_Redis_in_the_middle_lose_nothing_and_the_worker_recovers_by_itself()
    {
        await using var worker = Start();
        await _database.CreateEventAsync(_space, "canary-title-before");
        await WorkerProcess.EventuallyAsync(() => IsOutsideAsync("canary-title-before"), worker);

        await _redis.StopAsync();
        await _database.CreateEventAsync(_space, "canary-title-without-redis");
        await WorkerProcess.EventuallyAsync(() => IsOutsideAsync("canary-title-without-redis"), worker);
        await _redis.StartAsync();

        await _postgres.StopAsync();
        await _postgres.StartAsync();
        await WorkerProcess.EventuallyAsync(() => WriteAsync("canary-title-after"), worker);
        await WorkerProcess.EventuallyAsync(() => IsOutsideAsync("canary-title-after"), worker);

        Assert.Equal(3, await _account.CountEventsAsync(_calendar));
        Assert.Null(LogPrivacyRules.Find(worker.Output));
    }

    [Fact]
    public async Task When_a_worker_is_killed_another_one_takes_over_and_nothing_is_doubled()
    {
        await using (var first = Start())
        {
            await WorkerProcess.EventuallyAsync(() => Task.FromResult(first.Output.Contains("Listening for changes")), first);
            await first.StopAsync(PosixSignalNumber.Kill);
        }

        for (var index = 0; index < 20; index++)
        {
            await _database.CreateEventAsync(_space, $"canary-title-{index}");
        }

        await using (var second = Start())
        {
            await WorkerProcess.EventuallyAsync(async () => await _account.CountEventsAsync(_calendar) > 0, second);
            await second.StopAsync(PosixSignalNumber.Kill);
        }

        await using var third = Start();
        await WorkerProcess.EventuallyAsync(async () => await _account.CountEventsAsync(_calendar) >= 20, third);
        await WorkerProcess.EventuallyAsync(async () => await PendingAsync() == 0, third);

        Assert.Equal(20, await _account.CountEventsAsync(_calendar));
        Assert.Equal(20, await _database.QuerySingleAsync<long>("select count(*) from events where deleted_at is null"));
    }

    private ServerProcess Start()
    {
        var settings = WorkerProcess.Settings(_database, _redis, ServerProcess.FreePort());
        settings["Apple__AllowPrivateAddresses"] = "true";
        settings["Apple__RequireHttps"] = "false";
        settings["DOTNET_ENVIRONMENT"] = "Development";
        settings["Worker__LeaseDuration"] = "00:00:03";
        return WorkerProcess.Start([], settings);
    }

    private async Task<bool> IsInRowanAsync(string title) =>
        await _database.QuerySingleAsync<bool>("select exists (select 1 from events where title = @title)", new { title });

    private async Task<bool> IsOutsideAsync(string title) => (await _account.ExportAsync(_calendar)).Contains(title);

    private Task<long> PendingAsync() =>
        _database.QuerySingleAsync<long>("select count(*) from calendar_sync_queue where status in ('pending', 'failed')");

    /// <summary>Our own pool, too, has to notice the restart.</summary>
    private async Task<bool> WriteAsync(string title)
    {
        try
        {
            await _database.CreateEventAsync(_space, title);
            return true;
        }
        catch (Npgsql.NpgsqlException)
        {
            return false;
        }
    }
}
