using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using Dapper;
using Npgsql;

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>A database of its own, and the rows that tests begin with.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly PostgresServer _server;

    internal TestDatabase(PostgresServer server, string name)
    {
        _server = server;
        Name = name;
        Owner = DataSource(OwnerConnectionString);
        Api = DataSource(ApiConnectionString);
        Worker = DataSource(WorkerConnectionString);
        ApiDatabase = new RowanDatabase(Api);
        WorkerDatabase = new RowanDatabase(Worker);
    }

    /// <summary>Its name on the server.</summary>
    public string Name { get; }

    /// <summary>The owner, a superuser: sees and changes everything. For arranging and for looking, not for what is tested.</summary>
    public NpgsqlDataSource Owner { get; }

    /// <summary>As the API host logs in: <c>calendarsync_api</c>.</summary>
    public NpgsqlDataSource Api { get; }

    /// <summary>As the worker logs in: <c>calendarsync_worker</c>.</summary>
    public NpgsqlDataSource Worker { get; }

    /// <summary>Transactions of users, as the API makes them.</summary>
    public RowanDatabase ApiDatabase { get; }

    /// <summary>Transactions of the sync, as the worker makes them.</summary>
    public RowanDatabase WorkerDatabase { get; }

    /// <summary>For hosts that are started whole.</summary>
    public string OwnerConnectionString => _server.ConnectionString(Name);

    /// <summary>For hosts that are started whole.</summary>
    public string ApiConnectionString => _server.ConnectionString(Name, "calendarsync_api", PostgresServer.HostPassword);

    /// <summary>For hosts that are started whole.</summary>
    public string WorkerConnectionString => _server.ConnectionString(Name, "calendarsync_worker", PostgresServer.HostPassword);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A user of Supabase and of Rowan.</summary>
    public async Task<UserId> CreateUserAsync(string name = "Canary Person")
    {
        var id = Guid.NewGuid();
        await ExecuteAsync(
            """
            insert into auth.users (id, email) values (@id, @email);
            insert into public.users (id, email, name, timezone) values (@id, @email, @name, 'Europe/Berlin')
            """,
            new { id, email = $"canary-{id:N}@example.com", name });
        return new UserId(id);
    }

    /// <summary>A space whose first member is its owner; the others are members.</summary>
    public async Task<SpaceId> CreateSpaceAsync(params UserId[] members)
    {
        var id = await QuerySingleAsync<Guid>(
            "insert into public.spaces (name, created_by) values ('canary-space', @owner) returning id",
            new { owner = members.Length == 0 ? (Guid?)null : members[0].Value });
        foreach (var (index, member) in members.Index())
        {
            await AddMemberAsync(new SpaceId(id), member, index == 0 ? "owner" : "member");
        }

        return new SpaceId(id);
    }

    /// <summary>Adds a member; the role is owner, admin or member.</summary>
    public Task AddMemberAsync(SpaceId space, UserId user, string role = "member") => ExecuteAsync(
        "insert into public.space_members (space_id, user_id, role) values (@space, @user, @role)",
        new { space = space.Value, user = user.Value, role });

    /// <summary>
    /// A connection. Its work is not due, and its first sync is behind it, unless <paramref name="due"/>.
    /// </summary>
    public async Task<ConnectionId> CreateConnectionAsync(
        SpaceId space,
        UserId user,
        string provider = "apple",
        string direction = "bidirectional",
        string status = "active",
        string? serverUrl = null,
        string? account = null,
        bool due = false)
    {
        var id = await QuerySingleAsync<Guid>(
            """
            insert into public.calendar_connections
                (user_id, space_id, provider, sync_direction, sync_status, server_url, provider_account_id, next_sync_at,
                 initial_sync_completed_at)
            values
                (@user, @space, @provider::calendar_provider, @direction::sync_direction_type, @status::sync_status_type, @serverUrl,
                 @account, case when @due then now() else now() + interval '1 hour' end, case when @due then null else now() end)
            returning id
            """,
            new { user = user.Value, space = space.Value, provider, direction, status, serverUrl, account, due });
        return new ConnectionId(id);
    }

    /// <summary>A calendar of a connection.</summary>
    public async Task<Guid> CreateCalendarAsync(
        ConnectionId connection,
        string externalCalendarId,
        string name = "canary-calendar",
        bool target = true,
        bool readOnly = false,
        bool selected = true) =>
        await QuerySingleAsync<Guid>(
            """
            insert into public.calendar_connection_calendars (connection_id, external_calendar_id, name, is_target, read_only, selected)
            values (@connection, @externalCalendarId, @name, @target, @readOnly, @selected)
            returning id
            """,
            new { connection = connection.Value, externalCalendarId, name, target, readOnly, selected });

    /// <summary>A secret as the vault keeps it: ciphertext.</summary>
    public Task StoreSecretAsync(ConnectionId connection, string tokenType, string ciphertext) => ExecuteAsync(
        "select public.store_oauth_token(@connection, @tokenType, @ciphertext)",
        new { connection = connection.Value, tokenType, ciphertext });

    /// <summary>A timed event of one hour, beginning in a month unless <paramref name="start"/> (ISO 8601 with an offset) says otherwise.</summary>
    public async Task<RowanEventId> CreateEventAsync(
        SpaceId space, string title = "canary-title", string? start = null, string? eventType = null, UserId? createdBy = null)
    {
        var id = await QuerySingleAsync<Guid>(
            """
            insert into public.events (space_id, title, start_time, end_time, event_type, created_by)
            select @space, @title, begins, begins + interval '1 hour', @eventType, @createdBy
            from (select coalesce(@start::timestamptz, now() + interval '30 days') as begins) t
            returning id
            """,
            new { space = space.Value, title, start, eventType, createdBy = createdBy?.Value });
        return new RowanEventId(id);
    }

    /// <summary>The memory of a pair, as if a pass had agreed on it.</summary>
    public async Task<Guid> CreateMappingAsync(
        RowanEventId rowanEvent,
        ConnectionId connection,
        string externalEventId,
        string externalCalendarId = "calendar",
        string origin = "imported") =>
        await QuerySingleAsync<Guid>(
            """
            insert into public.calendar_event_mappings
                (rowan_event_id, connection_id, external_event_id, external_calendar_id, origin, ical_uid)
            values (@rowanEvent, @connection, @externalEventId, @externalCalendarId, @origin, @externalEventId)
            returning id
            """,
            new { rowanEvent = rowanEvent.Value, connection = connection.Value, externalEventId, externalCalendarId, origin });

    /// <summary>Runs a statement as the owner.</summary>
    public async Task<int> ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = await Owner.OpenConnectionAsync(Cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: Cancellation));
    }

    /// <summary>Reads rows as the owner.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Owner.OpenConnectionAsync(Cancellation);
        return (await connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: Cancellation))).AsList();
    }

    /// <summary>Reads one row as the owner.</summary>
    public async Task<T> QuerySingleAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Owner.OpenConnectionAsync(Cancellation);
        return await connection.QuerySingleAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: Cancellation));
    }

    /// <summary>Applies the migrations: for a database that was made empty.</summary>
    public Task<IReadOnlyList<string>> MigrateAsync() => _server.MigrateAsync(Name);

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        await Worker.DisposeAsync();
        await Owner.DisposeAsync();
        await _server.DropAsync(Name);
    }

    private static NpgsqlDataSource DataSource(string connectionString)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.UseNodaTime();
        return builder.Build();
    }
}
