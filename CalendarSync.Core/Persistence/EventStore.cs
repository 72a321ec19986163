using CalendarSync.Core.Model;

namespace CalendarSync.Core.Persistence;

/// <summary>
/// Events as the user of the transaction sees and writes them (<see cref="RowanDatabase.BeginAsUserAsync"/>): row-level security hides
/// the events of other spaces, and the trigger on the table queues every change for the connected calendars.
/// </summary>
public static class EventStore
{
    private const string Columns =
        """
        id, space_id, title, description, location, event_type, start_time, end_time, all_day, timezone,
        coalesce(is_recurring, false) as is_recurring, recurrence_pattern, category, status, custom_color, assigned_to, created_by,
        coalesce(show_countdown, false) as show_countdown, countdown_label, linked_bill_id,
        external_source::text as external_source, last_external_sync, created_at, updated_at, deleted_at, deleted_by
        """;

    /// <summary>
    /// The events of a space in the order of their start. A series counts for every window that ends after its start, because its
    /// occurrences are not rows.
    /// </summary>
    public static Task<IReadOnlyList<EventRow>> ListAsync(RowanTransaction transaction, EventQuery query, CancellationToken cancellationToken) =>
        transaction.QueryAsync<EventRow>(
            $"""
            select {Columns}
              from events
             where space_id = @Space
               and (@IncludeDeleted or deleted_at is null)
               and (@To::timestamptz is null or start_time < @To)
               and (@From::timestamptz is null or start_time >= @From or end_time > @From or is_recurring)
             order by start_time, id
             limit @Limit offset @Offset
            """,
            query,
            cancellationToken);

    /// <summary>One event, deleted or not.</summary>
    public static Task<EventRow?> FindAsync(RowanTransaction transaction, RowanEventId id, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<EventRow>($"select {Columns} from events where id = @id", new { id }, cancellationToken);

    /// <summary>One event, locked: what is decided from it still holds when it is written.</summary>
    public static Task<EventRow?> FindForUpdateAsync(RowanTransaction transaction, RowanEventId id, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<EventRow>($"select {Columns} from events where id = @id for update", new { id }, cancellationToken);

    /// <summary>Adds an event, once: an id that is taken changes nothing.</summary>
    /// <returns><c>null</c> when the id is taken.</returns>
    public static Task<EventRow?> InsertAsync(RowanTransaction transaction, RowanEventId id, SpaceId space, EventDraft draft, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<EventRow>(
            $"""
            insert into events (id, space_id, title, description, location, event_type, start_time, end_time, all_day, timezone, is_recurring,
                                recurrence_pattern, category, status, custom_color, assigned_to, created_by)
            values (@id, @space, @Title, @Description, @Location, @EventType, @StartTime, @EndTime, @AllDay, @Timezone, @IsRecurring,
                    @RecurrencePattern, coalesce(@Category, 'personal'), coalesce(@Status, 'not-started'), @CustomColor, @AssignedTo, auth.uid())
            on conflict (id) do nothing
            returning {Columns}
            """,
            Parameters(id, draft, space),
            cancellationToken);

    /// <summary>Writes what a user may write of an event that <see cref="FindForUpdateAsync"/> holds.</summary>
    public static Task<EventRow?> UpdateAsync(RowanTransaction transaction, RowanEventId id, EventDraft draft, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<EventRow>(
            $"""
            update events
               set title = @Title, description = @Description, location = @Location, event_type = @EventType, start_time = @StartTime,
                   end_time = @EndTime, all_day = @AllDay, timezone = @Timezone, is_recurring = @IsRecurring,
                   recurrence_pattern = @RecurrencePattern, category = @Category, status = @Status, custom_color = @CustomColor,
                   assigned_to = @AssignedTo
             where id = @id and deleted_at is null
            returning {Columns}
            """,
            Parameters(id, draft, default),
            cancellationToken);

    /// <summary>Puts an event into the trash.</summary>
    /// <returns><c>false</c> when there is none that is not in the trash already.</returns>
    public static async Task<bool> SoftDeleteAsync(RowanTransaction transaction, RowanEventId id, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            "update events set deleted_at = now(), deleted_by = auth.uid() where id = @id and deleted_at is null",
            new { id },
            cancellationToken) > 0;

    /// <summary>Takes an event out of the trash; one that is not in it stays as it is.</summary>
    /// <returns><c>null</c> when there is no such event.</returns>
    public static async Task<EventRow?> RestoreAsync(RowanTransaction transaction, RowanEventId id, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync(
            "update events set deleted_at = null, deleted_by = null where id = @id and deleted_at is not null",
            new { id },
            cancellationToken);
        return await FindAsync(transaction, id, cancellationToken);
    }

    private static object Parameters(RowanEventId id, EventDraft draft, SpaceId space) => new
    {
        id,
        space,
        draft.Title,
        draft.Description,
        draft.Location,
        draft.EventType,
        draft.StartTime,
        draft.EndTime,
        draft.AllDay,
        draft.Timezone,
        draft.IsRecurring,
        draft.RecurrencePattern,
        draft.Category,
        draft.Status,
        draft.CustomColor,
        draft.AssignedTo,
    };
}
