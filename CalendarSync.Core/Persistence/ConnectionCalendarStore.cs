using CalendarSync.Core.Providers;

namespace CalendarSync.Core.Persistence;

/// <summary>A calendar of a connection that is synced.</summary>
public sealed record ConnectionCalendarRow
{
    /// <summary>The provider's id.</summary>
    public required string ExternalCalendarId { get; init; }

    /// <summary>Where the last complete pull ended; <c>null</c> before the first one.</summary>
    public string? Cursor { get; init; }

    /// <summary>The account may not write in it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>New events of Rowan go here.</summary>
    public bool IsTarget { get; init; }

    /// <summary>It was gone from the account and is back. What it did not bring along was not deleted event by event.</summary>
    public bool Returned { get; init; }

    /// <summary>IANA zone of the calendar, or <c>null</c>.</summary>
    public string? TimeZone { get; init; }
}

/// <summary>A calendar that the account's list has changed.</summary>
internal sealed record ListedCalendar
{
    public string ExternalCalendarId { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>removed, returned or writable.</summary>
    public string Change { get; init; } = "";
}

/// <summary>The calendars of a connection and their cursors. They are read with the claim, see <see cref="LeaseStore"/>.</summary>
internal static class ConnectionCalendarStore
{
    /// <summary>Remembers where a pull ended. Only once everything of its pages is recorded.</summary>
    internal static Task MoveCursorAsync(
        RowanTransaction transaction, SyncLease lease, string calendarId, string? cursor, bool completeListing, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update calendar_connection_calendars
            set cursor = @cursor, cursor_updated_at = now(), last_full_compare_at = case when @completeListing then now() else last_full_compare_at end,
                returned = returned and not @completeListing
            where connection_id = @connection and external_calendar_id = @calendarId
            """,
            new { connection = lease.ConnectionId.Value, calendarId, cursor, completeListing },
            cancellationToken);

    /// <summary>
    /// Brings the calendars in line with the account's list. A new one is selected unless a person has chosen before. One that is not listed is
    /// marked, and keeps its mappings; when it comes back it is compared in full.
    /// </summary>
    /// <returns>What matters to what is synced: selected calendars that went, came back or can be written again.</returns>
    internal static Task<IReadOnlyList<ListedCalendar>> ApplyListAsync(
        RowanTransaction transaction, SyncLease lease, IReadOnlyCollection<RemoteCalendar> calendars, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ListedCalendar>(
            """
            with listed as (
                select * from jsonb_to_recordset(@rows::jsonb) as r(id text, name text, color text, time_zone text, read_only boolean, is_primary boolean)
            ), known as (
                select * from calendar_connection_calendars where connection_id = @connection
            ), saved as (
                insert into calendar_connection_calendars as k
                    (connection_id, external_calendar_id, name, color, time_zone, read_only, is_primary, selected)
                select c.id, l.id, l.name, l.color, l.time_zone, l.read_only, l.is_primary, not c.calendars_chosen
                from calendar_connections c, listed l where c.id = @connection
                on conflict (connection_id, external_calendar_id) do update
                set name = excluded.name, color = excluded.color, time_zone = excluded.time_zone, read_only = excluded.read_only,
                    is_primary = excluded.is_primary, removed_at = null, returned = k.returned or k.removed_at is not null,
                    cursor = case when k.removed_at is null then k.cursor end
                where k.removed_at is not null or (k.name, k.color, k.time_zone, k.read_only, k.is_primary) is distinct from
                    (excluded.name, excluded.color, excluded.time_zone, excluded.read_only, excluded.is_primary)
            ), removed as (
                update calendar_connection_calendars k set removed_at = now()
                where k.connection_id = @connection and k.removed_at is null and not exists (select 1 from listed l where l.id = k.external_calendar_id)
            )
            select k.external_calendar_id, k.name,
                   case when l.id is null then 'removed' when k.removed_at is not null then 'returned' else 'writable' end as change
            from known k left join listed l on l.id = k.external_calendar_id
            where k.selected
              and ((l.id is null and k.removed_at is null) or (l.id is not null and (k.removed_at is not null or (k.read_only and not l.read_only))))
            order by k.external_calendar_id
            """,
            new
            {
                connection = lease.ConnectionId.Value,
                rows = JsonRows.From(calendars.Select(c => new { c.Id, c.Name, c.Color, c.TimeZone, c.ReadOnly, IsPrimary = c.Primary })),
            },
            cancellationToken);

    /// <summary>Decides where new events go, lets out the edits that waited for such a place, and notes that the list was read.</summary>
    /// <returns>The calendars that are synced now, and how many edits go out.</returns>
    internal static async Task<(IReadOnlyList<ConnectionCalendarRow> Calendars, int Released)> SettleAsync(
        RowanTransaction transaction, SyncLease lease, CancellationToken cancellationToken)
    {
        var connection = lease.ConnectionId.Value;
        var released = await transaction.QuerySingleOrDefaultAsync<int>("select settle_calendar_target(@connection)", new { connection }, cancellationToken);
        await transaction.ExecuteAsync("update calendar_connections set calendars_listed_at = now() where id = @connection", new { connection }, cancellationToken);
        var calendars = await transaction.QueryAsync<ConnectionCalendarRow>(
            """
            select external_calendar_id, cursor, read_only, is_target, returned, time_zone from calendar_connection_calendars
            where connection_id = @connection and selected and removed_at is null
            order by is_target desc, external_calendar_id
            """,
            new { connection },
            cancellationToken);
        return (calendars, released);
    }

    /// <summary>Something happened that does not fit the list we have: the next pass that reads calendars reads it again.</summary>
    internal static Task DistrustListAsync(RowanTransaction transaction, SyncLease lease, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "update calendar_connections set calendars_listed_at = null where id = @connection", new { connection = lease.ConnectionId.Value }, cancellationToken);
}
