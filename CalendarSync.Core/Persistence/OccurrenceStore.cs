using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>What may happen in a window: read as the user of the transaction, in three statements whatever the number of events.</summary>
public static class OccurrenceStore
{
    /// <summary>
    /// The events of a space that may have an occurrence in a window: those that overlap it, and every series that begins before its end,
    /// or has an occurrence that was moved there. Rows of changed occurrences come with their series only.
    /// </summary>
    public static async Task<IReadOnlyList<SeriesRows>> LoadAsync(RowanTransaction transaction, SpaceId space, Interval window, CancellationToken cancellationToken)
    {
        var parameters = new { space, from = window.Start, to = window.End };
        var masters = await transaction.QueryAsync<RowanEventRow>(
            $"""
            select {SyncedEventStore.Columns} from events e
             where e.space_id = @space and e.deleted_at is null
               and not exists (select from recurring_event_exceptions x where x.modified_event_id = e.id)
               and ((e.start_time < @to and (e.is_recurring or e.start_time >= @from or coalesce(e.end_time, e.start_time + interval '1 day') > @from))
                    or (e.is_recurring and exists (select from recurring_event_exceptions x join events o on o.id = x.modified_event_id
                                                    where x.series_id = e.id and o.start_time < @to)))
            """,
            parameters,
            cancellationToken);
        var exceptions = await transaction.QueryAsync<SeriesExceptionRow>(
            "select series_id, exception_date, modified_event_id from recurring_event_exceptions where series_id = any(@ids)",
            new { ids = masters.Where(row => row.IsRecurring).Select(row => row.Id).ToArray() },
            cancellationToken);
        var instances = (await transaction.QueryAsync<RowanEventRow>(
                $"select {SyncedEventStore.Columns} from events e where e.id = any(@ids) and e.space_id = @space",
                new { ids = exceptions.Select(x => x.ModifiedEventId).OfType<Guid>().ToArray(), space },
                cancellationToken))
            .ToDictionary(row => row.Id);
        var bySeries = exceptions.ToLookup(x => x.SeriesId);
        return [.. masters.Select(row => new SeriesRows(row, [.. bySeries[row.Id]], instances))];
    }
}
