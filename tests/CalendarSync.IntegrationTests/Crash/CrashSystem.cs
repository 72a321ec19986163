using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;
using CalendarSync.IntegrationTests.Fixtures;
using CalendarSync.IntegrationTests.Worker;
using Microsoft.Extensions.Options;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>A database, and worker processes over it that are killed and replaced.</summary>
internal sealed class CrashSystem : IAsyncDisposable
{
    private readonly CrashServers _servers;
    private readonly List<ServerProcess> _workers = [];
    private readonly List<ServerProcess> _dead = [];
    private readonly SecretCipher _cipher = new(new KeyRing(Options.Create(new VaultOptions { EncryptionKey = WorkerProcess.Key })));

    private CrashSystem(CrashServers servers, TestDatabase database, CalendarTap tap) => (_servers, Database, Tap) = (servers, database, tap);

    public TestDatabase Database { get; }

    /// <summary>Between the workers and the calendar server.</summary>
    public CalendarTap Tap { get; }

    /// <summary>Those that have not been killed.</summary>
    public IReadOnlyList<ServerProcess> Workers => _workers;

    /// <summary>Of workers that are started from now on.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    /// <summary>What all workers wrote, the dead ones too.</summary>
    public string Output => string.Join("\n-- another worker\n", _dead.Concat(_workers).Select(worker => worker.Output));

    public static async Task<CrashSystem> CreateAsync(CrashServers servers)
    {
        var database = await servers.Postgres.CreateDatabaseAsync();
        await servers.Redis.StartAsync();
        await servers.Radicale.StartAsync();
        return new CrashSystem(servers, database, await CalendarTap.StartAsync(servers.Radicale.Url));
    }

    /// <summary>A family whose members have all connected one and the same calendar.</summary>
    public async Task<CrashFamily> CreateFamilyAsync(int members = 1)
    {
        var account = await _servers.Radicale.CreateAccountAsync();
        var family = new CrashFamily(this, await Database.CreateSpaceAsync(), account, await account.CreateCalendarAsync());
        for (var i = 0; i < members; i++)
        {
            await ConnectAsync(family);
        }

        return family;
    }

    /// <summary>Another member of the family connects its calendar; the first sync is due at once.</summary>
    public async Task ConnectAsync(CrashFamily family)
    {
        var user = await Database.CreateUserAsync();
        await Database.AddMemberAsync(family.Space, user);
        var account = family.Account;
        var connection = await Database.CreateConnectionAsync(
            family.Space, user, serverUrl: Tap.Url.ToString(), account: account.Email, status: "disconnected", due: true);
        await Database.CreateCalendarAsync(connection, family.CalendarId);
        await Database.StoreSecretAsync(connection, "app_specific_password", _cipher.Encrypt(connection, SecretKind.AppSpecificPassword, account.Password));
        family.Connections.Add(connection);
        await Database.ExecuteAsync("update calendar_connections set sync_status = 'active', next_sync_at = clock_timestamp() where id = @Value", connection);
    }

    /// <summary>Starts a worker. What it needs a second for does not have to be waited for.</summary>
    public ServerProcess StartWorker()
    {
        var settings = WorkerProcess.Settings(Database, _servers.Redis, ServerProcess.FreePort());
        settings["DOTNET_ENVIRONMENT"] = "Development";
        settings["Apple__AllowPrivateAddresses"] = "true";
        settings["Apple__RequireHttps"] = "false";

        // What a test holds does not time out.
        settings["Apple__RequestTimeout"] = "00:05:00";

        // Small batches make many moments to die in.
        settings["Apple__MultigetBatch"] = "5";
        settings["Apple__MaxParallelReads"] = "1";
        settings["Worker__LeaseDuration"] = "00:00:03";
        settings["Worker__PollInterval"] = "00:00:00.250";
        settings["Sync__AppleInterval"] = "01:00:00";
        settings["Queue__RetryDelays"] = "00:00:00,00:00:00,00:00:01,00:00:01,00:00:01,00:00:01,00:00:01,00:00:01";
        settings["Conflicts__SameEditWindow"] = "00:00:00";
        settings["Deletions__MinCount"] = "1000000";
        foreach (var (name, value) in Settings)
        {
            settings[name] = value;
        }

        var worker = WorkerProcess.Start([], settings);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Kills a worker as the kernel does. Its connections are free at once: nobody has to wait for a lease to run out.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="lose">What happens to what it had begun, before anybody goes on.</param>
    public async Task KillAsync(ServerProcess worker, Func<Task>? lose = null)
    {
        await worker.StopAsync(PosixSignalNumber.Kill);
        _workers.Remove(worker);
        _dead.Add(worker);
        await (lose?.Invoke() ?? Task.CompletedTask);
        await EndLeasesAsync(worker);
    }

    /// <summary>Whose leases they are, as the worker signs them.</summary>
    public static string OwnerName(ServerProcess worker) => $"{Environment.MachineName}/{worker.Id}";

    /// <summary>Makes it so that the leases of a worker have run out; those of rows that it has locked, when Postgres has ended its transactions.</summary>
    public Task EndLeasesAsync(ServerProcess worker) => Eventually.TrueAsync(() => Database.QuerySingleAsync<bool>(
        """
        with ended as (
            update calendar_connections set lease_until = now() - interval '1 second'
            where id in (select id from calendar_connections where lease_owner = @owner for update skip locked)
            returning id
        )
        select not exists (select 1 from calendar_connections where lease_owner = @owner and lease_until > now() and id not in (select id from ended))
        """,
        new { owner = OwnerName(worker) }));

    /// <summary>Asks for a pass of every connection, as a person, a webhook or a timer does.</summary>
    public Task RequestAsync(bool full = false) => Database.ExecuteAsync(
        "update calendar_connections set sync_requested_at = clock_timestamp(), sync_requested_type = @type::sync_type",
        new { type = full ? "full" : "manual" });

    /// <summary>Waits until nothing is left to do.</summary>
    public async Task SettleAsync()
    {
        try
        {
            await Eventually.TrueAsync(IsSettledAsync);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The connections never come to rest:\n{await DescribeAsync()}\n{Output}");
        }
    }

    /// <summary>Both sides agree, nothing is lost or doubled, and one more pass over everything writes nothing on either side.</summary>
    /// <param name="families">Whose events.</param>
    /// <param name="what">What happened before, for the message.</param>
    public async Task CheckAsync(IReadOnlyDictionary<string, CrashFamily> families, string what)
    {
        await SettleAsync();
        var faults = new List<string>();
        foreach (var (name, family) in families)
        {
            faults.AddRange((await family.FindFaultsAsync()).Select(fault => $"{name}: {fault}"));
        }

        var before = await SnapshotsAsync(families);
        await RequestAsync(full: true);
        await SettleAsync();
        var after = await SnapshotsAsync(families);
        faults.AddRange(families.Keys.SelectMany(name => after[name].Except(before[name]).Select(row => $"{name}: one more pass wrote {row}")));
        faults.AddRange(families.Keys.SelectMany(name => before[name].Except(after[name]).Select(row => $"{name}: one more pass took away {row}")));
        if (faults.Count > 0)
        {
            Assert.Fail($"After {what}:\n{string.Join('\n', faults)}\n{await DescribeAsync()}\n{Tap.Log}\n{Output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Tap.DisposeAsync();
        foreach (var worker in _workers.Concat(_dead))
        {
            worker.Signal(PosixSignalNumber.Kill);
            await worker.DisposeAsync();
        }

        await Database.DisposeAsync();
    }

    private static async Task<Dictionary<string, IReadOnlyList<string>>> SnapshotsAsync(IReadOnlyDictionary<string, CrashFamily> families)
    {
        var snapshots = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var (name, family) in families)
        {
            snapshots[name] = await family.SnapshotAsync();
        }

        return snapshots;
    }

    private Task<bool> IsSettledAsync() => Database.QuerySingleAsync<bool>(
        """
        select not exists (select 1 from calendar_connections
                           where lease_until > now() or sync_requested_at is distinct from sync_served_at or initial_sync_completed_at is null
                              or sync_requested_type is not null and sync_requested_type = 'full' or sync_status <> 'active')
           and not exists (select 1 from calendar_sync_queue where status = 'pending' or (status = 'failed' and next_retry_at is not null))
        """);

    private async Task<string> DescribeAsync() => string.Join('\n',
    [
        .. await Database.QueryAsync<string>(
            "select concat_ws(' ', id, sync_status, last_error_code, lease_owner, lease_until, sync_requested_at, sync_served_at, sync_requested_type, next_sync_at) from calendar_connections"),
        .. await Database.QueryAsync<string>("select concat_ws(' ', event_id, operation, status, retry_count, last_error, next_retry_at) from calendar_sync_queue where status <> 'completed'"),
    ]);
}
