using CalendarSync.Core.Coordination;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Providers.CalDav;
using CalendarSync.Core.Sync;
using CalendarSync.Core.Vault;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>The engine on a real database with a calendar of our own, driven pass by pass.</summary>
internal sealed class SyncHarness : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly IConnectionMultiplexer _redis;

    private SyncHarness(TestDatabase database, IHost host, IConnectionMultiplexer redis, UserId user, SpaceId space, ConnectionId connection)
    {
        Database = database;
        _host = host;
        _redis = redis;
        User = user;
        Space = space;
        Connection = connection;
    }

    public TestDatabase Database { get; }

    public FakeCalendarProvider Calendar => (FakeCalendarProvider)_host.Services.GetRequiredService<ICalendarProvider>();

    public UserId User { get; }

    public SpaceId Space { get; }

    public ConnectionId Connection { get; }

    public LeaseStore Leases => _host.Services.GetRequiredService<LeaseStore>();

    public SyncSession Session => _host.Services.GetRequiredService<SyncSession>();

    public PreviewStore Previews => _host.Services.GetRequiredService<PreviewStore>();

    public PreviewSession PreviewSession => _host.Services.GetRequiredService<PreviewSession>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="postgres">For a database of its own.</param>
    /// <param name="redis">For progress.</param>
    /// <param name="direction">Of the connection.</param>
    /// <param name="retryDelays">None by default.</param>
    /// <param name="sameEditWindow">Off by default.</param>
    /// <param name="provider">Instead of the calendar in memory.</param>
    /// <param name="password">Of the account.</param>
    /// <param name="server">A real server, instead of either.</param>
    public static async Task<SyncHarness> CreateAsync(
        PostgresServer postgres,
        RedisServer redis,
        string direction = "bidirectional",
        string retryDelays = "00:00:00,00:00:00",
        string sameEditWindow = "00:00:00",
        ICalendarProvider? provider = null,
        string password = "canary-password",
        RadicaleAccount? server = null)
    {
        var database = await postgres.CreateDatabaseAsync();
        var multiplexer = await redis.ConnectAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ENCRYPTION_KEY"] = string.Concat(Enumerable.Repeat("0a1b2c3d", 8)),
            ["Queue:RetryDelays"] = retryDelays,
            ["Conflicts:SameEditWindow"] = sameEditWindow,
        });
        var services = builder.Services;
        builder.Logging.AddProvider(new TestOutputLogging());
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(database.WorkerDatabase);
        services.AddSingleton<IConnectionMultiplexer>(multiplexer);
        if (server is null)
        {
            services.AddSingleton(provider ?? new FakeCalendarProvider());
        }
        else
        {
            services.AddCalDav();
            services.Configure<AppleOptions>(apple => (apple.AllowPrivateAddresses, apple.RequireHttps) = (true, false));
        }

        services.AddCoordination();
        services.AddVault();
        services.AddSync();
        var user = await database.CreateUserAsync();
        var space = await database.CreateSpaceAsync(user);
        var connection = server is null
            ? await ConnectAsync(database, space, user, direction)
            : await database.CreateConnectionAsync(space, user, direction: direction, serverUrl: server.Server.Url.ToString(), account: server.Email, due: true);
        var host = builder.Build();
        await using var transaction = await database.WorkerDatabase.BeginAsServiceAsync(origin: null, Cancellation);
        await host.Services.GetRequiredService<TokenVault>().StoreAsync(
            transaction, connection, SecretKind.AppSpecificPassword, server?.Password ?? password, Cancellation);
        await transaction.CommitAsync(Cancellation);
        return new SyncHarness(database, host, multiplexer, user, space, connection);
    }

    public static async Task<ConnectionId> ConnectAsync(TestDatabase database, SpaceId space, UserId user, string direction = "bidirectional")
    {
        var connection = await database.CreateConnectionAsync(space, user, direction: direction, account: "canary-account@example.com", due: true);
        await database.CreateCalendarAsync(connection, FakeCalendarProvider.Calendar);
        return connection;
    }

    /// <summary>Claims what is due and runs it, until nothing is. Each pass is one claim.</summary>
    public async Task<int> RunDueAsync()
    {
        var passes = 0;
        while (await Leases.ClaimDueAsync("test", 10, TimeSpan.FromMinutes(1), Cancellation) is { Count: > 0 } leases)
        {
            foreach (var lease in leases)
            {
                await Session.RunAsync(lease, Cancellation);
                passes++;
            }

            Assert.True(passes < 50, "The connections never come to rest.");
        }

        return passes;
    }

    /// <summary>Asks for a pass of every connection of the database and runs it.</summary>
    public async Task SyncAsync(bool full = false)
    {
        await Database.ExecuteAsync(
            "update calendar_connections set sync_requested_at = clock_timestamp(), sync_requested_type = @type::sync_type",
            new { type = full ? "full" : "manual" });
        await RunDueAsync();
    }

    /// <summary>One more full compare writes nothing on either side.</summary>
    public async Task AssertQuietAsync()
    {
        var writes = Calendar.Writes;
        var rows = await SnapshotAsync();
        await SyncAsync(full: true);
        Assert.Equal(writes, Calendar.Writes);
        Assert.Equal(rows, await SnapshotAsync());
    }

    /// <summary>Both sides hold the same titles, once each.</summary>
    public async Task AssertSameTitlesAsync(params string[] titles)
    {
        Assert.Equal(titles.Order(), (await TitlesAsync()).Order());
        Assert.Equal(titles.Order(), Calendar.Events.Values.Select(e => e.Content.Title).Order());
    }

    public Task<IReadOnlyList<string>> TitlesAsync() =>
        Database.QueryAsync<string>("select title from events where deleted_at is null and space_id = @space", new { space = Space.Value });

    /// <summary>The user changes settings, as the API does it for them.</summary>
    public async Task ChangeAsync(ConnectionSettings settings)
    {
        await using var transaction = await Database.ApiDatabase.BeginAsUserAsync(User, Cancellation);
        Assert.Empty(await ConnectionStore.UpdateAsync(transaction, Connection, settings, Cancellation));
        await transaction.CommitAsync(Cancellation);
    }

    /// <summary>Calendars of the connection: id, then what holds of it.</summary>
    public Task<string> CalendarsAsync() => Database.QuerySingleAsync<string>(
        """
        select coalesce(string_agg(external_calendar_id || case when selected then ' selected' else '' end || case when is_target then ' target' else '' end
            || case when read_only then ' read-only' else '' end || case when removed_at is not null then ' removed' else '' end, '|' order by external_calendar_id), '')
        from calendar_connection_calendars
        """);

    /// <summary>Codes of what is not in step.</summary>
    public Task<IReadOnlyList<string>> ErrorsAsync() =>
        Database.QueryAsync<string>("select code from calendar_sync_errors where resolved_at is null order by code");

    /// <summary>A member edits in Rowan: the trigger sees no origin.</summary>
    public Task EditAsync(string title, string newTitle) =>
        Database.ExecuteAsync("update events set title = @newTitle where title = @title and deleted_at is null", new { title, newTitle });

    public Task DeleteAsync(string title) =>
        Database.ExecuteAsync("update events set deleted_at = now() where title = @title and deleted_at is null", new { title });

    public Task RestoreAsync(string title) =>
        Database.ExecuteAsync("update events set deleted_at = null where title = @title and deleted_at is not null", new { title });

    public Task<long> CountAsync(string table) => Database.QuerySingleAsync<long>($"select count(*) from {table}");

    public Task<ConnectionState> StateAsync() => Database.QuerySingleAsync<ConnectionState>(
        "select sync_status::text as status, last_error_code as code, last_error_message as message from calendar_connections where id = @id",
        new { id = Connection.Value });

    public async ValueTask DisposeAsync()
    {
        _host.Dispose();
        await _redis.DisposeAsync();
        await Database.DisposeAsync();
    }

    private async Task<string> SnapshotAsync() => string.Join('\n', await Database.QueryAsync<string>(
        "select id::text || title || coalesce(deleted_at::text, '') || updated_at::text from events order by id"));

    internal sealed record ConnectionState(string Status, string? Code, string? Message);
}
