namespace CalendarSync.Core.Persistence;

/// <summary>
/// Copies of synced events in a second calendar of the same account. Rowan has one event for both and knows one of the two; when that one
/// is deleted, the event has moved.
/// </summary>
internal static class EventCopyStore
{
    /// <summary>Remembers copies.</summary>
    internal static Task AddAsync(RowanTransaction transaction, SyncLease lease, IReadOnlyCollection<EventCopy> copies, CancellationToken cancellationToken) =>
        copies.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                insert into calendar_event_copies (connection_id, external_calendar_id, external_event_id, ical_uid)
                select @connection, calendar_id, event_id, uid from unnest(@calendars, @events, @uids) as c(calendar_id, event_id, uid)
                on conflict (connection_id, external_calendar_id, external_event_id) do update set ical_uid = excluded.ical_uid
                """,
                new
                {
                    connection = lease.ConnectionId.Value,
                    calendars = copies.Select(c => c.CalendarId).ToArray(),
                    events = copies.Select(c => c.EventId).ToArray(),
                    uids = copies.Select(c => c.Uid).ToArray(),
                },
                cancellationToken);

    /// <summary>Forgets copies that are gone, or are the event itself now.</summary>
    internal static Task RemoveAsync(
        RowanTransaction transaction, SyncLease lease, string calendarId, IReadOnlyCollection<string> eventIds, CancellationToken cancellationToken) =>
        eventIds.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                delete from calendar_event_copies
                where connection_id = @connection and external_calendar_id = @calendarId and external_event_id = any(@eventIds)
                """,
                new { connection = lease.ConnectionId.Value, calendarId, eventIds = eventIds.ToArray() },
                cancellationToken);

    /// <summary>The remembered copies of events that were deleted in a calendar.</summary>
    internal static Task<IReadOnlyList<EventCopy>> LoadOfAsync(
        RowanTransaction transaction, SyncLease lease, string calendarId, string[] eventIds, CancellationToken cancellationToken) =>
        transaction.QueryAsync<EventCopy>(
            """
            select c.external_calendar_id as calendar_id, c.external_event_id as event_id, c.ical_uid as uid
            from calendar_event_mappings m join calendar_event_copies c on c.connection_id = m.connection_id and c.ical_uid = m.ical_uid
            where m.connection_id = @connection and m.external_calendar_id = @calendarId and m.external_event_id = any(@eventIds)
            order by c.external_calendar_id, c.external_event_id
            """,
            new { connection = lease.ConnectionId.Value, calendarId, eventIds },
            cancellationToken);

    /// <summary>Where the synced one of a UID is, for those that are synced from another calendar.</summary>
    internal static Task<IReadOnlyList<EventCopy>> LoadOriginalsAsync(
        RowanTransaction transaction, SyncLease lease, string[] uids, CancellationToken cancellationToken) =>
        transaction.QueryAsync<EventCopy>(
            """
            select external_calendar_id as calendar_id, external_event_id as event_id, ical_uid as uid
            from calendar_event_mappings where connection_id = @connection and ical_uid = any(@uids)
            """,
            new { connection = lease.ConnectionId.Value, uids },
            cancellationToken);
}

/// <summary>An event of a UID in one calendar.</summary>
internal sealed record EventCopy
{
    public string CalendarId { get; init; } = "";

    public string EventId { get; init; } = "";

    public string Uid { get; init; } = "";
}
