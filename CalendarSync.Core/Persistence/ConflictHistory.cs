using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>A conflict as the members of its space see it.</summary>
public sealed record ConflictHistoryRow
{
    public Guid Id { get; init; }

    /// <summary>Null when the connection is gone.</summary>
    public Guid? ConnectionId { get; init; }
    public SpaceId SpaceId { get; init; }
    public string? Provider { get; init; }
    public Guid? EventId { get; init; }
    public string? Title { get; init; }

    /// <summary>One of <see cref="ConflictKinds"/>.</summary>
    public string Kind { get; init; } = "";
    public string Severity { get; init; } = "";
    public Instant DetectedAt { get; init; }
    public Instant? ResolvedAt { get; init; }

    /// <summary>detected, resolved or failed.</summary>
    public string ResolutionStatus { get; init; } = "";
    public string? WinningSource { get; init; }
    public string ResolutionStrategy { get; init; } = "";
    public Guid? ResolvedBy { get; init; }
    public string? ResolutionNotes { get; init; }

    /// <summary>JSON.</summary>
    public string RowanVersion { get; init; } = "";

    /// <summary>JSON.</summary>
    public string ExternalVersion { get; init; } = "";

    /// <summary>JSON array.</summary>
    public string Decisions { get; init; } = "";
}

/// <summary>Which conflicts to read.</summary>
/// <param name="Space">Of one space, or of all of the user's.</param>
/// <param name="Connection">Of one connection.</param>
/// <param name="Event">Of one event.</param>
/// <param name="Status">detected, resolved or failed.</param>
public sealed record ConflictQuery(SpaceId? Space, ConnectionId? Connection, RowanEventId? Event, string? Status);

/// <summary>Where a page of the history begins: after a row, in the order of the history.</summary>
public readonly record struct ConflictPosition(Instant DetectedAt, Guid Id);

/// <summary>
/// The history of conflicts as the user of the transaction sees it (<see cref="RowanDatabase.BeginAsUserAsync"/>); newest first. A row needs
/// neither its event nor its connection to be there any more.
/// </summary>
public static class ConflictHistory
{
    private const string Columns =
        """
        f.id, f.connection_id, f.space_id, f.provider::text as provider, f.event_id, f.title, f.kind, coalesce(f.severity, 'normal') as severity,
        f.detected_at, f.resolved_at, f.resolution_status::text as resolution_status, f.winning_source::text as winning_source,
        f.resolution_strategy::text as resolution_strategy, f.resolved_by, f.resolution_notes, f.rowan_version::text as rowan_version,
        f.external_version::text as external_version, f.decisions::text as decisions
        """;

    private const string Filter =
        """
        (@space::uuid is null or f.space_id = @space) and (@connection::uuid is null or f.connection_id = @connection)
        and (@event::uuid is null or f.event_id = @event) and (@status::text is null or f.resolution_status = @status::resolution_status)
        """;

    /// <summary>A page of the history.</summary>
    public static Task<IReadOnlyList<ConflictHistoryRow>> ListAsync(
        RowanTransaction transaction, ConflictQuery query, int limit, int offset, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ConflictHistoryRow>(
            $"select {Columns} from calendar_sync_conflicts f where {Filter} order by f.detected_at desc, f.id limit @limit offset @offset",
            Parameters(query, limit, offset),
            cancellationToken);

    /// <summary>The page after a row, for those who read all of it: it costs the same however far it goes.</summary>
    public static Task<IReadOnlyList<ConflictHistoryRow>> ListAfterAsync(
        RowanTransaction transaction, SpaceId space, ConflictPosition? after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ConflictHistoryRow>(
            $"""
            select {Columns} from calendar_sync_conflicts f
            where f.space_id = @space and (@at::timestamptz is null or f.detected_at < @at or (f.detected_at = @at and f.id > @id))
            order by f.detected_at desc, f.id
            limit @limit
            """,
            new { space, at = after?.DetectedAt, id = after?.Id, limit },
            cancellationToken);

    /// <summary>How many conflicts the filter lets through.</summary>
    public static async Task<int> CountAsync(RowanTransaction transaction, ConflictQuery query, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<int>(
            $"select count(*)::int from calendar_sync_conflicts f where {Filter}", Parameters(query, 0, 0), cancellationToken);

    /// <summary>One conflict; <c>null</c> when it is of others, or none.</summary>
    public static Task<ConflictHistoryRow?> FindAsync(RowanTransaction transaction, Guid id, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<ConflictHistoryRow>(
            $"select {Columns} from calendar_sync_conflicts f where f.id = @id", new { id }, cancellationToken);

    /// <summary>
    /// Decides a conflict: the chosen version is written to Rowan, as an edit of the user that goes out to every calendar. What already
    /// holds stays as it is, so that a repeat has no effect.
    /// </summary>
    /// <param name="transaction">Of a member of the space.</param>
    /// <param name="id">The conflict.</param>
    /// <param name="winningSource">rowan or external.</param>
    /// <param name="notes">For the history.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Npgsql.PostgresException">55000 when that version cannot be written back, P0002 when there is no such conflict.</exception>
    public static Task ResolveAsync(RowanTransaction transaction, Guid id, string winningSource, string? notes, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "select from resolve_calendar_conflict(@id, @winningSource::winning_source, null, @notes)",
            new { id, winningSource, notes },
            cancellationToken);

    private static object Parameters(ConflictQuery query, int limit, int offset) => new
    {
        space = query.Space?.Value,
        connection = query.Connection?.Value,
        @event = query.Event?.Value,
        status = query.Status,
        limit,
        offset,
    };
}
