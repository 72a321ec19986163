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

    /// <summary>IANA zone of the calendar, or <c>null</c>.</summary>
    public string? TimeZone { get; init; }
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
            set cursor = @cursor, cursor_updated_at = now(), last_full_compare_at = case when @completeListing then now() else last_full_compare_at end
            where connection_id = @connection and external_calendar_id = @calendarId
            """,
            new { connection = lease.ConnectionId.Value, calendarId, cursor, completeListing },
            cancellationToken);
}
