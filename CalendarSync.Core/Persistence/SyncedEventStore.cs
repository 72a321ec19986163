using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>Rowan's events as the sync reads and writes them: by the page, in one statement each.</summary>
internal static class SyncedEventStore
{
    internal const string Columns =
        """
        e.id, e.space_id, e.title, e.description, e.location, e.start_time, e.end_time, coalesce(e.all_day, false) as all_day, e.timezone,
        coalesce(e.is_recurring, false) as is_recurring, e.recurrence_pattern, e.custom_color, e.event_type, e.deleted_at, e.updated_at,
        e.ical_uid, e.sync_generation
        """;

    /// <summary>Locks and reads rows, in the order of their ids: two passes that share events wait for each other and never deadlock.</summary>
    internal static Task<IReadOnlyList<RowanEventRow>> LoadForUpdateAsync(RowanTransaction transaction, Guid[] ids, CancellationToken cancellationToken) =>
        transaction.QueryAsync<RowanEventRow>($"select {Columns} from events e where e.id = any(@ids) order by e.id for update", new { ids }, cancellationToken);

    /// <summary>Reads rows without locking them.</summary>
    internal static Task<IReadOnlyList<RowanEventRow>> LoadAsync(RowanTransaction transaction, Guid[] ids, CancellationToken cancellationToken) =>
        transaction.QueryAsync<RowanEventRow>($"select {Columns} from events e where e.id = any(@ids)", new { ids }, cancellationToken);

    /// <summary>
    /// Lets one page at a time import new events into a space. Two members who connect one shared calendar at the same moment would each
    /// look for its events before the other's are committed, find none, and import all of them twice.
    /// </summary>
    internal static Task HoldImportsAsync(RowanTransaction transaction, SyncLease lease, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "select pg_advisory_xact_lock(hashtextextended('calendar_sync.import:' || @space::text, 0))",
            new { space = lease.SpaceId.Value },
            cancellationToken);

    /// <summary>
    /// Events of the space without a counterpart in the connection, that one of these external events may be; one with the same UID, or that
    /// was written out under it, also when it is in the trash. Locked like the mapped ones, if they are to be written.
    /// </summary>
    internal static Task<IReadOnlyList<RowanEventRow>> LoadCandidatesAsync(
        RowanTransaction transaction, SyncLease lease, Guid[] ids, string[] uids, Instant[] starts, bool forWriting, CancellationToken cancellationToken) =>
        transaction.QueryAsync<RowanEventRow>(
            $"""
            select {Columns} from events e
            where e.space_id = @space
              and (e.ical_uid = any(@uids) or e.id = any(@ids) or (e.deleted_at is null and e.start_time = any(@starts)))
              and not exists (select 1 from calendar_event_mappings m where m.connection_id = @connection and m.rowan_event_id = e.id)
            order by e.id {(forWriting ? "for update" : "")}
            """,
            new { space = lease.SpaceId.Value, connection = lease.ConnectionId.Value, ids, uids, starts },
            cancellationToken);

    /// <summary>Inserts imported events.</summary>
    internal static Task InsertAsync(RowanTransaction transaction, SyncLease lease, IReadOnlyCollection<RowanEventRow> rows, CancellationToken cancellationToken) =>
        rows.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                insert into events (id, space_id, title, description, location, start_time, end_time, all_day, timezone, custom_color, event_type,
                                    external_source, last_external_sync, ical_uid, created_by)
                select r.id, @space, r.title, r.description, r.location, r.start_time, r.end_time, r.all_day, r.timezone, r.custom_color, @provider,
                       @provider::calendar_provider, now(), r.ical_uid, (select u.id from users u where u.id = @user)
                from jsonb_to_recordset(@rows::jsonb) as r(id uuid, title text, description text, location text, start_time timestamptz,
                     end_time timestamptz, all_day boolean, timezone text, custom_color text, ical_uid text)
                """,
                new { space = lease.SpaceId.Value, user = lease.UserId.Value, provider = lease.Provider.ToSql(), rows = JsonRows.From(rows) },
                cancellationToken);

    /// <summary>Writes external versions to events, and takes them out of the trash where they are in it.</summary>
    internal static Task UpdateAsync(RowanTransaction transaction, IReadOnlyCollection<RowanEventRow> rows, CancellationToken cancellationToken) =>
        rows.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                update events e
                set title = r.title, description = r.description, location = r.location, start_time = r.start_time, end_time = r.end_time,
                    all_day = r.all_day, timezone = r.timezone, custom_color = r.custom_color, ical_uid = r.ical_uid, last_external_sync = now(),
                    deleted_at = null, deleted_by = null
                from jsonb_to_recordset(@rows::jsonb) as r(id uuid, title text, description text, location text, start_time timestamptz,
                     end_time timestamptz, all_day boolean, timezone text, custom_color text, ical_uid text)
                where e.id = r.id
                """,
                new { rows = JsonRows.From(rows) },
                cancellationToken);

    /// <summary>Notes the UID of the counterpart on events that were found to be the same, and the source on those that came from there.</summary>
    internal static Task LinkAsync(
        RowanTransaction transaction, SyncLease lease, IReadOnlyCollection<(Guid Id, string Uid, bool Imported)> links, CancellationToken cancellationToken) =>
        links.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                """
                update events e
                set ical_uid = l.uid, external_source = case when l.imported then coalesce(e.external_source, @provider::calendar_provider) else e.external_source end
                from unnest(@ids, @uids, @imported) as l(id, uid, imported)
                where e.id = l.id and (e.ical_uid is distinct from l.uid or (l.imported and e.external_source is null))
                """,
                new
                {
                    ids = links.Select(l => l.Id).ToArray(),
                    uids = links.Select(l => l.Uid).ToArray(),
                    imported = links.Select(l => l.Imported).ToArray(),
                    provider = lease.Provider.ToSql(),
                },
                cancellationToken);

    /// <summary>Takes events out of the trash.</summary>
    internal static Task RestoreAsync(RowanTransaction transaction, Guid[] ids, CancellationToken cancellationToken) =>
        ids.Length == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                "update events set deleted_at = null, deleted_by = null where id = any(@ids) and deleted_at is not null", new { ids }, cancellationToken);

    /// <summary>
    /// Gives the events of these bases the identity of a next life. Only the database counts lives, at a restore: so they go to the trash and
    /// back. Two members who share a calendar and both keep an event meet in one life: the second finds it begun.
    /// </summary>
    internal static async Task BeginNewLifeAsync(RowanTransaction transaction, Guid[] mappingIds, CancellationToken cancellationToken)
    {
        if (mappingIds.Length > 0)
        {
            var alive = await transaction.QueryAsync<Guid>(
                """
                update events e set deleted_at = now()
                from calendar_event_mappings m
                where m.id = any(@mappingIds) and e.id = m.rowan_event_id and e.deleted_at is null and e.sync_generation <= m.generation
                returning e.id
                """,
                new { mappingIds },
                cancellationToken);
            await RestoreAsync(transaction, [.. alive], cancellationToken);
        }
    }

    /// <summary>Moves events to the trash, where they stay for the retention period.</summary>
    internal static Task SoftDeleteAsync(RowanTransaction transaction, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        ids.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                "update events set deleted_at = now(), last_external_sync = now() where id = any(@ids) and deleted_at is null",
                new { ids = ids.ToArray() },
                cancellationToken);
}
