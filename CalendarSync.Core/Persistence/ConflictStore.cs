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

    /// <summary>external or rowan.</summary>
    public required string WinningSource { get; init; }

    /// <summary>external_wins or rowan_wins.</summary>
    public required string Strategy { get; init; }

    /// <summary>normal, or high: a deletion or a change of the time is involved.</summary>
    public required string Severity { get; init; }

    /// <summary>The external version, with its payload; <c>{"deleted": true}</c> when it was deleted.</summary>
    public required JsonNode ExternalVersion { get; init; }

    /// <summary>same_edit, or <c>null</c>.</summary>
    public string? Notes { get; init; }
}

/// <summary>The history of conflicts.</summary>
internal static class ConflictStore
{
    /// <summary>Records conflicts. Call it before the events are written: it takes Rowan's version from the rows as they stand.</summary>
    internal static Task RecordAsync(RowanTransaction transaction, SyncLease lease, IReadOnlyCollection<ConflictRow> conflicts, CancellationToken cancellationToken) =>
        conflicts.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                insert into calendar_sync_conflicts
                    (mapping_id, connection_id, space_id, event_id, provider, title, severity, resolution_status, resolved_at, rowan_version,
                     external_version, winning_source, resolution_strategy, resolution_notes)
                select r.mapping_id, @connection, @space, r.event_id, @provider::calendar_provider, r.title, r.severity, 'resolved', now(),
                       coalesce((select to_jsonb(e) from events e where e.id = r.event_id), '{"deleted": true}'::jsonb), r.external_version,
                       r.winning_source::winning_source, r.strategy::resolution_strategy, r.notes
                from jsonb_to_recordset(@rows::jsonb) as r(mapping_id uuid, event_id uuid, title text, severity text, external_version jsonb,
                     winning_source text, strategy text, notes text)
                """,
                new
                {
                    connection = lease.ConnectionId.Value,
                    space = lease.SpaceId.Value,
                    provider = lease.Provider.ToSql(),
                    rows = JsonRows.From(conflicts),
                },
                cancellationToken);
}
