using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>
/// Connections as the user of the transaction sees and changes them (<see cref="RowanDatabase.BeginAsUserAsync"/>). Changes go through
/// functions of the database that check the user themselves and do all that belongs together in one transaction.
/// </summary>
public static class ConnectionStore
{
    private const string Select =
        """
        select c.id, c.user_id, c.space_id, c.provider::text as provider, c.provider_account_id, c.sync_status::text as sync_status, c.sync_enabled,
               c.sync_direction::text as sync_direction, c.server_url, c.excluded_event_types, c.last_sync_at, c.next_sync_at, c.initial_sync_completed_at,
               c.last_error_code, c.last_error_message, c.progress::text as progress, c.created_at,
               (select count(*)::int from calendar_event_mappings m where m.connection_id = c.id and m.state = 'active'
                   and not exists (select from calendar_connection_calendars k
                                   where k.connection_id = c.id and k.external_calendar_id = m.external_calendar_id and (not k.selected or k.removed_at is not null))) as events_synced,
               (select count(*)::int from calendar_sync_conflicts f where f.connection_id = c.id and f.resolution_status = 'detected' and f.kind <> 'same_edit') as conflicts_pending,
               (select count(*)::int from calendar_sync_conflicts f where f.connection_id = c.id and f.resolution_status = 'resolved' and f.kind <> 'same_edit') as conflicts_resolved,
               (select count(*)::int from calendar_sync_errors e where e.connection_id = c.id and e.resolved_at is null) as errors_open,
               (select count(*)::int from calendar_held_deletions h where h.connection_id = c.id and h.decision is null) as held_deletions
          from calendar_connections c
        """;

    // Rowan's own kinds (outlook, ics) are in the same table and none of our business.
    private const string Ours = "c.provider in ('google', 'apple', 'cozi')";

    /// <summary>The connections of a space, or of all the user's spaces; newest first.</summary>
    public static Task<IReadOnlyList<ConnectionRow>> ListAsync(
        RowanTransaction transaction, SpaceId? space, CalendarProvider? provider, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ConnectionRow>(
            $"""
            {Select}
             where {Ours}
               and (@space::uuid is null or c.space_id = @space)
               and (@provider::text is null or c.provider = @provider::calendar_provider)
             order by c.created_at desc, c.id
            """,
            new { space = space?.Value, provider = provider?.ToSql() },
            cancellationToken);

    /// <summary>One connection.</summary>
    public static Task<ConnectionRow?> FindAsync(RowanTransaction transaction, ConnectionId id, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<ConnectionRow>($"{Select} where {Ours} and c.id = @id", new { id }, cancellationToken);

    /// <summary>The calendars of a connection by name. One that is gone from the account is among them while it is to be synced.</summary>
    public static Task<IReadOnlyList<AccountCalendarRow>> ListCalendarsAsync(RowanTransaction transaction, ConnectionId id, CancellationToken cancellationToken) =>
        transaction.QueryAsync<AccountCalendarRow>(
            """
            select external_calendar_id, name, color, read_only, is_primary, selected, is_target, removed_at is not null as removed
              from calendar_connection_calendars
             where connection_id = @id and (removed_at is null or selected)
             order by is_primary desc, name, external_calendar_id
            """,
            new { id },
            cancellationToken);

    /// <summary>The user's own connection of a provider in a space, also a disconnected one: a new connect revives it.</summary>
    public static Task<OwnConnection?> FindOwnAsync(RowanTransaction transaction, SpaceId space, CalendarProvider provider, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<OwnConnection>(
            """
            select id, sync_status::text as sync_status, provider_account_id as account_id, calendar_choice::text as calendar_choice
              from calendar_connections
             where user_id = auth.uid() and space_id = @space and provider = @provider::calendar_provider
            """,
            new { space, provider = provider.ToSql() },
            cancellationToken);

    /// <summary>Makes a connection, or revives the disconnected one, with its calendars and its secret, and asks for the first sync.</summary>
    /// <exception cref="Npgsql.PostgresException">23505 when the user has a live one for provider and space already.</exception>
    public static Task CreateAsync(RowanTransaction transaction, NewConnection connection, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            select create_calendar_connection(@Id, @Space, @provider, @AccountId, @Direction, @ServerUrl, @CalendarsJson::jsonb, @SecretType, @SecretCiphertext)
            """,
            new
            {
                connection.Id,
                connection.Space,
                provider = connection.Provider.ToSql(),
                connection.AccountId,
                connection.Direction,
                connection.ServerUrl,
                connection.CalendarsJson,
                connection.SecretType,
                connection.SecretCiphertext,
            },
            cancellationToken);

    /// <summary>Makes a connection due at once.</summary>
    /// <param name="transaction">Of the owner of the connection, or of an owner or admin of its space.</param>
    /// <param name="id">The connection.</param>
    /// <param name="full">Compare everything, not only what changed.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>When it was requested, by the database's clock: a pass that starts later answers the request.</returns>
    /// <exception cref="Npgsql.PostgresException">42501 when the user may see the connection and not sync it.</exception>
    public static async Task<Instant> RequestSyncAsync(RowanTransaction transaction, ConnectionId id, bool full, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<Instant>(
            "select request_calendar_sync(@id, @full)",
            new { id, full },
            cancellationToken);

    /// <summary>Changes settings, and asks for the sync that acts on them.</summary>
    /// <returns>What is wrong with them, as the function of the database names it; empty when they hold now.</returns>
    /// <exception cref="Npgsql.PostgresException">42501 when the user may see the connection and not change it, 55000 when it is disconnected.</exception>
    public static async Task<IReadOnlyList<string>> UpdateAsync(
        RowanTransaction transaction, ConnectionId id, ConnectionSettings settings, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<string[]>(
            "select update_calendar_connection(@id, @Direction::text, @Enabled::boolean, @CalendarIds::text[], @TargetId::text, @ExcludedTypes::text[])",
            new { id, settings.Direction, settings.Enabled, settings.CalendarIds, settings.TargetId, settings.ExcludedTypes },
            cancellationToken) ?? [];

    /// <summary>Stores new credentials of the same account and makes the connection due.</summary>
    /// <exception cref="Npgsql.PostgresException">
    /// 42501 and 55000 as above; 40001 when the connection has another account by now.
    /// </exception>
    public static Task ReconnectAsync(RowanTransaction transaction, ConnectionId id, NewCredentials credentials, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "select reconnect_calendar(@id, @AccountId, @ServerUrl, @SecretType, @SecretCiphertext)",
            new { id, credentials.AccountId, credentials.ServerUrl, credentials.SecretType, credentials.SecretCiphertext },
            cancellationToken);

    /// <summary>Whether the user of the transaction may change, sync and disconnect a connection that they see.</summary>
    public static async Task<bool> MayManageAsync(RowanTransaction transaction, ConnectionId id, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<bool>(
            """
            select exists (
                select from calendar_connections c join space_members m on m.space_id = c.space_id and m.user_id = auth.uid()
                 where c.id = @id and (c.user_id = auth.uid() or m.role in ('owner', 'admin')))
            """,
            new { id },
            cancellationToken);

    /// <summary>Cuts a connection and removes everything that it needed: secret, mappings, cursors, queue.</summary>
    /// <param name="transaction">Of the owner of the connection, or of an owner or admin of its space.</param>
    /// <param name="id">The connection.</param>
    /// <param name="deleteEvents">Put the events that came from there into the trash.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>How many events are not synced any more.</returns>
    /// <exception cref="Npgsql.PostgresException">42501 when the user may see the connection and not disconnect it.</exception>
    public static async Task<int> DisconnectAsync(RowanTransaction transaction, ConnectionId id, bool deleteEvents, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<int>(
            "select disconnect_calendar(@id, @deleteEvents)",
            new { id, deleteEvents },
            cancellationToken);
}
