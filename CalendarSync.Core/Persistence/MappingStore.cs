using CalendarSync.Core.Model;

namespace CalendarSync.Core.Persistence;

/// <summary>The base of one event in one connection: what both sides looked like when they last agreed.</summary>
public sealed record MappingRow
{
    /// <summary>Primary key.</summary>
    public required Guid Id { get; init; }

    /// <summary>The row in Rowan; it may be gone.</summary>
    public required Guid RowanEventId { get; init; }

    /// <summary>The calendar that holds the counterpart.</summary>
    public required string ExternalCalendarId { get; init; }

    /// <summary>The counterpart.</summary>
    public required string ExternalEventId { get; init; }

    /// <summary>Its UID.</summary>
    public string? IcalUid { get; init; }

    /// <summary>Hash of the Rowan side, as the provider can hold it.</summary>
    public required string RowanEtag { get; init; }

    /// <summary>Hash of the external side.</summary>
    public required string ExternalHash { get; init; }

    /// <summary>The version outside; a pair with <see cref="ExternalPayload"/>, from one read.</summary>
    public string? ExternalEtag { get; init; }

    /// <summary>The event as the provider sent it.</summary>
    public string? ExternalPayload { get; init; }

    /// <summary>Hash of the external side as the last push was about to write it; <c>null</c> when the outcome of that push is known.</summary>
    public string? SentHash { get; init; }

    /// <summary>Hash of the Rowan side that <see cref="SentHash"/> was made from.</summary>
    public string? SentEtag { get; init; }

    /// <summary>The life of the Rowan event that the base is of, see <see cref="EventIdentity"/>: a tombstone cannot reach a later one.</summary>
    public int Generation { get; init; }

    /// <summary>imported, exported or matched.</summary>
    public required string Origin { get; init; }

    /// <summary>
    /// active; hidden (deleted in Rowan, kept outside); creating (written down before the create, whose outcome is not known yet: the
    /// hashes are of what was sent); or held, while somebody has to decide about a deletion.
    /// </summary>
    public string State { get; init; } = MappingStates.Active;
}

/// <summary>Values of <see cref="MappingRow.State"/>.</summary>
public static class MappingStates
{
    /// <summary>Both sides exist, as far as we know.</summary>
    public const string Active = "active";

    /// <summary>Deleted in Rowan, kept outside, never imported again.</summary>
    public const string Hidden = "hidden";

    /// <summary>A create is on its way.</summary>
    public const string Creating = "creating";

    /// <summary>Gone outside; whether it is to be deleted in Rowan too is for a person to say.</summary>
    public const string HeldInbound = "held_inbound";

    /// <summary>Deleted in Rowan; whether it is to be deleted outside too is for a person to say.</summary>
    public const string HeldOutbound = "held_outbound";
}

/// <summary>Bases, read and written by the page.</summary>
internal static class MappingStore
{
    private const string Columns =
        """
        m.id, m.rowan_event_id, m.external_calendar_id, m.external_event_id, m.ical_uid, m.rowan_etag, m.external_hash, m.external_etag,
        m.external_payload, m.sent_hash, m.sent_etag, m.generation, m.origin, m.state
        """;

    private const string IdsOfCalendar =
        """
        select external_event_id from calendar_event_mappings
        where connection_id = @connection and external_calendar_id = @calendarId and state not in ('creating', 'held_inbound')
        """;

    /// <summary>
    /// The bases of a page of external events: by external id, else by UID, because some servers change ids, and because an event may have
    /// come from another calendar of the account.
    /// </summary>
    internal static Task<IReadOnlyList<MappingRow>> LoadByExternalAsync(
        RowanTransaction transaction, ConnectionId connection, string calendarId, string[] eventIds, string[] uids, CancellationToken cancellationToken) =>
        transaction.QueryAsync<MappingRow>(
            $"""
            select {Columns} from calendar_event_mappings m
            where m.connection_id = @connection
              and ((m.external_calendar_id = @calendarId and m.external_event_id = any(@eventIds)) or m.ical_uid = any(@uids))
            """,
            new { connection = connection.Value, calendarId, eventIds, uids },
            cancellationToken);

    /// <summary>The bases of Rowan events in one connection.</summary>
    internal static Task<IReadOnlyList<MappingRow>> LoadByRowanAsync(
        RowanTransaction transaction, ConnectionId connection, Guid[] eventIds, CancellationToken cancellationToken) =>
        transaction.QueryAsync<MappingRow>(
            $"select {Columns} from calendar_event_mappings m where m.connection_id = @connection and m.rowan_event_id = any(@eventIds)",
            new { connection = connection.Value, eventIds },
            cancellationToken);

    /// <summary>
    /// What the same external events look like in the bases of other connections of the space: two members may have connected one shared
    /// calendar, and what one connection wrote is no edit to the other.
    /// </summary>
    internal static Task<IReadOnlyList<SiblingBase>> LoadSiblingsAsync(
        RowanTransaction transaction, SyncLease lease, Guid[] eventIds, CancellationToken cancellationToken) =>
        transaction.QueryAsync<SiblingBase>(
            """
            select m.rowan_event_id, m.rowan_etag, m.external_hash, m.external_etag, m.sent_hash, m.sent_etag
            from calendar_event_mappings m join calendar_connections c on c.id = m.connection_id
            where m.rowan_event_id = any(@eventIds) and c.space_id = @space and c.id <> @connection and c.provider = @provider::calendar_provider
              and m.state <> 'hidden'
            """,
            new { eventIds, space = lease.SpaceId.Value, connection = lease.ConnectionId.Value, provider = lease.Provider.ToSql() },
            cancellationToken);

    /// <summary>Which of these Rowan events are alive and have a counterpart in the connection.</summary>
    internal static Task<IReadOnlyList<Guid>> LoadMappedAsync(
        RowanTransaction transaction, SyncLease lease, Guid[] eventIds, CancellationToken cancellationToken) =>
        transaction.QueryAsync<Guid>(
            """
            select e.id from events e join calendar_event_mappings m on m.rowan_event_id = e.id and m.connection_id = @connection
            where e.id = any(@eventIds) and e.space_id = @space and e.deleted_at is null
            """,
            new { eventIds, space = lease.SpaceId.Value, connection = lease.ConnectionId.Value },
            cancellationToken);

    /// <summary>Every id that is held of a calendar, with its etag; unreadable events count, so that they are read again only when they change.</summary>
    internal static async Task<IReadOnlyDictionary<string, string?>> LoadKnownAsync(
        RowanDatabase database, ConnectionId connection, string calendarId, CancellationToken cancellationToken)
    {
        var rows = await database.QueryAsServiceAsync<KnownRow>(
            """
            select external_event_id as id, external_etag as etag from calendar_event_mappings
            where connection_id = @connection and external_calendar_id = @calendarId and state <> 'creating'
            union all
            select external_event_id, external_etag from calendar_sync_errors
            where connection_id = @connection and external_calendar_id = @calendarId and direction = 'inbound' and resolved_at is null
              and external_event_id <> ''
            """,
            new { connection = connection.Value, calendarId },
            cancellationToken);

        // A mapped event that became unreadable stands in both; the later row, the error's etag, is the one that was read last.
        var known = new Dictionary<string, string?>(rows.Count, StringComparer.Ordinal);
        foreach (var row in rows)
        {
            known[row.Id] = row.Etag;
        }

        return known;
    }

    /// <summary>
    /// The ids that a complete listing of the calendar must name: not a create that was never proved to have happened, nor what is known to
    /// be gone already.
    /// </summary>
    internal static Task<IReadOnlyList<string>> LoadIdsAsync(
        RowanDatabase database, ConnectionId connection, string calendarId, CancellationToken cancellationToken) =>
        database.QueryAsServiceAsync<string>(IdsOfCalendar, new { connection = connection.Value, calendarId }, cancellationToken);

    /// <summary>The same, as a transaction sees it.</summary>
    internal static Task<IReadOnlyList<string>> LoadIdsAsync(
        RowanTransaction transaction, ConnectionId connection, string calendarId, CancellationToken cancellationToken) =>
        transaction.QueryAsync<string>(IdsOfCalendar, new { connection = connection.Value, calendarId }, cancellationToken);

    /// <summary>Writes bases, new and known.</summary>
    internal static Task SaveAsync(RowanTransaction transaction, SyncLease lease, IReadOnlyCollection<MappingRow> mappings, CancellationToken cancellationToken) =>
        mappings.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                insert into calendar_event_mappings as m
                    (id, rowan_event_id, connection_id, external_event_id, external_calendar_id, sync_direction, rowan_etag, external_etag,
                     external_hash, external_payload, sent_hash, sent_etag, ical_uid, generation, origin, state, last_synced_at)
                select r.id, r.rowan_event_id, @connection, r.external_event_id, r.external_calendar_id, @direction::sync_direction_type, r.rowan_etag,
                       r.external_etag, r.external_hash, r.external_payload, r.sent_hash, r.sent_etag, r.ical_uid, r.generation, r.origin, r.state, now()
                from jsonb_to_recordset(@rows::jsonb) as r(id uuid, rowan_event_id uuid, external_event_id text, external_calendar_id text,
                     rowan_etag text, external_etag text, external_hash text, external_payload text, sent_hash text, sent_etag text, ical_uid text, generation int, origin text, state text)
                on conflict (id) do update
                set rowan_event_id = excluded.rowan_event_id, external_event_id = excluded.external_event_id, external_calendar_id = excluded.external_calendar_id,
                    rowan_etag = excluded.rowan_etag, external_etag = excluded.external_etag, external_hash = excluded.external_hash,
                    external_payload = excluded.external_payload, sent_hash = excluded.sent_hash, sent_etag = excluded.sent_etag, ical_uid = excluded.ical_uid, generation = excluded.generation,
                    origin = excluded.origin, state = excluded.state, last_synced_at = now()
                """,
                new { connection = lease.ConnectionId.Value, direction = lease.Direction.ToSql(), rows = JsonRows.From(mappings) },
                cancellationToken);

    /// <summary>Ends the hiding of pairs whose event is back in Rowan.</summary>
    internal static Task ReviveAsync(RowanTransaction transaction, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        ids.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                "update calendar_event_mappings set state = 'active' where id = any(@ids) and state = 'hidden'", new { ids = ids.ToArray() }, cancellationToken);

    /// <summary>Retires bases.</summary>
    internal static Task DeleteAsync(RowanTransaction transaction, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        ids.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync("delete from calendar_event_mappings where id = any(@ids)", new { ids = ids.ToArray() }, cancellationToken);

    /// <summary>See <see cref="LoadSiblingsAsync"/>.</summary>
    internal sealed record SiblingBase
    {
        public Guid RowanEventId { get; init; }

        public string? RowanEtag { get; init; }

        public string? ExternalHash { get; init; }

        public string? ExternalEtag { get; init; }

        public string? SentHash { get; init; }

        public string? SentEtag { get; init; }
    }

    private sealed record KnownRow
    {
        public string Id { get; init; } = "";

        public string? Etag { get; init; }
    }
}
