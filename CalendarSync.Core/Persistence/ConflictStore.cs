using System.Text.Json.Nodes;
using CalendarSync.Core.Model;

namespace CalendarSync.Core.Persistence;

/// <summary>A conflict as it is recorded: once, with both versions whole, so that a person can bring the losing one back.</summary>
public sealed record ConflictRow
{
    /// <summary>The mapping, which the same transaction may retire.</summary>
    public Guid? MappingId { get; init; }

    /// <summary>The event in Rowan, whose row is the Rowan version.</summary>
    public required Guid EventId { get; init; }

    /// <summary>For the history, when the event is gone.</summary>
    public required string Title { get; init; }

    /// <summary>One of <see cref="ConflictKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>external or rowan.</summary>
    public required string WinningSource { get; init; }

    /// <summary>external_wins or rowan_wins.</summary>
    public required string Strategy { get; init; }

    /// <summary>normal, or high: a deletion or a change of the time is involved.</summary>
    public required string Severity { get; init; }

    /// <summary>The external version, in the names of Rowan's columns too; <c>{"deleted": true}</c> when it was deleted.</summary>
    public required JsonNode ExternalVersion { get; init; }

    /// <summary>The event as the calendar last held it, in the provider's own words.</summary>
    public string? ExternalPayload { get; init; }

    /// <summary>same_edit, or <c>null</c>.</summary>
    public string? Notes { get; init; }
}

/// <summary>Values of <see cref="ConflictRow.Kind"/>.</summary>
public static class ConflictKinds
{
    /// <summary>Edited on both sides.</summary>
    public const string BothChanged = "both_changed";

    /// <summary>Edited in Rowan, deleted outside.</summary>
    public const string DeletedOutside = "deleted_outside";

    /// <summary>Deleted in Rowan, edited outside.</summary>
    public const string DeletedInRowan = "deleted_in_rowan";

    /// <summary>One event that both sides had before they were connected, with differences.</summary>
    public const string FoundDifferent = "found_different";

    /// <summary>The same edit, typed on two devices: kept, and neither counted nor told.</summary>
    public const string SameEdit = "same_edit";
}

/// <summary>The history of conflicts, as the sync writes it.</summary>
internal static class ConflictStore
{
    /// <summary>Records conflicts. Call it before the events are written: it takes Rowan's version from the rows as they stand.</summary>
    internal static Task RecordAsync(RowanTransaction transaction, SyncLease lease, IReadOnlyCollection<ConflictRow> conflicts, CancellationToken cancellationToken) =>
        conflicts.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                insert into calendar_sync_conflicts
                    (mapping_id, connection_id, space_id, event_id, provider, title, kind, severity, rowan_version, external_version, external_payload,
                     winning_source, resolution_strategy, resolution_notes, edited_by)
                select r.mapping_id, @connection, @space, r.event_id, @provider::calendar_provider, r.title, r.kind, r.severity,
                       coalesce(to_jsonb(e), '{"deleted": true}'::jsonb), r.external_version, r.external_payload,
                       r.winning_source::winning_source, r.strategy::resolution_strategy, r.notes,
                       coalesce(q.edited_by, case when e.deleted_at is null then e.created_by else e.deleted_by end)
                from jsonb_to_recordset(@rows::jsonb) as r(mapping_id uuid, event_id uuid, title text, kind text, severity text, external_version jsonb,
                     external_payload text, winning_source text, strategy text, notes text)
                left join events e on e.id = r.event_id and e.space_id = @space
                left join calendar_sync_queue q on q.event_id = r.event_id and q.connection_id = @connection and q.status in ('pending', 'failed')
                """,
                new
                {
                    connection = lease.ConnectionId.Value,
                    space = lease.SpaceId.Value,
                    provider = lease.Provider.ToSql(),
                    rows = JsonRows.From(conflicts),
                },
                cancellationToken);

    /// <summary>
    /// Brings the open conflicts of events up to date: resolved once no calendar of the space waits for a push. The last statement of every
    /// transaction that queues, completes or gives up pushes; see <c>settle_calendar_conflicts</c> for the order of the locks.
    /// </summary>
    internal static Task SettleAsync(RowanTransaction transaction, IReadOnlyCollection<Guid> eventIds, CancellationToken cancellationToken) =>
        eventIds.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync("select settle_calendar_conflicts(@ids)", new { ids = eventIds.ToArray() }, cancellationToken);

    /// <summary>
    /// What these events looked like in this calendar when they were lost in a conflict that a person has taken back since. An event that is
    /// made there again is made from it, so that what Rowan does not know comes back too.
    /// </summary>
    internal static async Task<IReadOnlyDictionary<Guid, string>> LoadPayloadsAsync(
        RowanTransaction transaction, SyncLease lease, Guid[] eventIds, CancellationToken cancellationToken)
    {
        var rows = await transaction.QueryAsync<PayloadRow>(
            """
            select distinct on (event_id) event_id, external_payload as payload
            from calendar_sync_conflicts
            where event_id = any(@eventIds) and connection_id = @connection and space_id = @space and external_payload is not null
              and resolution_strategy = 'manual_review'
            order by event_id, detected_at desc
            """,
            new { eventIds, connection = lease.ConnectionId.Value, space = lease.SpaceId.Value },
            cancellationToken);
        return rows.ToDictionary(row => row.EventId, row => row.Payload);
    }

    private sealed record PayloadRow
    {
        public Guid EventId { get; init; }

        public string Payload { get; init; } = "";
    }
}
