-- Change capture: Rowan's browser and its own triggers write events directly, so only the database sees every edit.

do $$
begin
    if to_regtype('public.queue_operation') is null then
        create type public.queue_operation as enum ('create', 'update', 'delete');
    end if;
    if to_regtype('public.queue_status') is null then
        create type public.queue_status as enum ('pending', 'processing', 'completed', 'failed');
    end if;
end
$$;

-- Copies of Rowan's tasks, chores and bills, which a family does not want in its calendar unless it says so.
alter table public.calendar_connections
    add column if not exists excluded_event_types text[] not null default '{task,chore,bill_due}';

create table if not exists public.calendar_sync_queue (
    id uuid primary key default gen_random_uuid(),
    -- No foreign key: the work of a deletion must outlive the event.
    event_id uuid not null,
    connection_id uuid not null references public.calendar_connections (id) on delete cascade,
    mapping_id uuid references public.calendar_event_mappings (id) on delete set null,
    operation public.queue_operation not null,
    priority integer not null default 5,
    status public.queue_status not null default 'pending',
    event_snapshot jsonb,
    retry_count integer not null default 0,
    max_retries integer not null default 3,
    last_error text,
    next_retry_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    processed_at timestamptz
);

alter table public.calendar_sync_queue
    -- Grows with each change that is folded in. Whoever completes an item names the version it sent, so an edit that landed
    -- in between stays pending.
    add column if not exists version bigint not null default 1,
    -- W3C traceparent of the request that made the change.
    add column if not exists trace_parent text;

-- Rowan's queue: rows cascade with the event, and n edits make n rows. The newest of an event stays.
do $$
declare
    found text;
begin
    for found in
        select conname from pg_constraint
        where conrelid = 'public.calendar_sync_queue'::regclass and contype = 'f' and confrelid = 'public.events'::regclass
    loop
        execute format('alter table public.calendar_sync_queue drop constraint %I', found);
    end loop;

    delete from public.calendar_sync_queue where event_id is null;
    update public.calendar_sync_queue set status = 'pending' where status = 'processing';
    delete from public.calendar_sync_queue older
    using public.calendar_sync_queue newer
    where newer.connection_id = older.connection_id and newer.event_id = older.event_id
        and newer.status in ('pending', 'failed') and older.status in ('pending', 'failed')
        and (newer.created_at, newer.id) > (older.created_at, older.id);

    alter table public.calendar_sync_queue
        alter column event_id set not null,
        alter column retry_count set default 0,
        alter column max_retries set default 3;
end
$$;

-- One open item per event and connection: the target of the upsert below, and the claim's way in.
create unique index if not exists unique_open_queue_item on public.calendar_sync_queue (connection_id, event_id)
    where status in ('pending', 'failed');
create index if not exists idx_calendar_sync_queue_claim on public.calendar_sync_queue (connection_id, priority, created_at)
    where status in ('pending', 'failed');
create index if not exists idx_calendar_sync_queue_pending on public.calendar_sync_queue (priority, created_at) where status = 'pending';
create index if not exists idx_calendar_sync_queue_failed on public.calendar_sync_queue (next_retry_at)
    where status = 'failed' and next_retry_at is not null;
create index if not exists idx_calendar_sync_queue_connection_status on public.calendar_sync_queue (connection_id, status);
create index if not exists idx_calendar_sync_queue_event_id on public.calendar_sync_queue (event_id);
create index if not exists idx_calendar_sync_queue_mapping_id on public.calendar_sync_queue (mapping_id) where mapping_id is not null;
create index if not exists idx_calendar_sync_queue_processed_at on public.calendar_sync_queue (processed_at) where status = 'completed';

create or replace trigger update_calendar_sync_queue_updated_at
    before update on public.calendar_sync_queue
    for each row execute function public.update_updated_at_column();

do $$
declare
    policy record;
begin
    for policy in select policyname from pg_policies where schemaname = 'public' and tablename = 'calendar_sync_queue' loop
        execute format('drop policy %I on public.calendar_sync_queue', policy.policyname);
    end loop;
end
$$;
alter table public.calendar_sync_queue enable row level security;
revoke all on public.calendar_sync_queue from public, anon, authenticated;
grant select, insert, update, delete on public.calendar_sync_queue to service_role;
create policy calendar_sync_queue_select on public.calendar_sync_queue for select to authenticated
    using (connection_id in (select c.id from public.calendar_connections c));
grant select on public.calendar_sync_queue to authenticated;

-- 1 is most urgent: what happens within the hour, or has begun. A series that began long ago may have an occurrence in a minute.
create or replace function calendar_private.sync_priority(p_operation public.queue_operation, p_start timestamptz) returns integer
    language sql stable
    set search_path = ''
    as $$
        select case
            when p_operation = 'delete' then 2
            when p_start <= now() + interval '1 hour' then 1
            when p_start <= now() + interval '24 hours' then 3
            when p_start <= now() + interval '7 days' then 5
            else 7
        end
    $$;
revoke all on function calendar_private.sync_priority(public.queue_operation, timestamptz) from public;

drop function if exists public.calculate_sync_priority(uuid, public.queue_operation);
create function public.calculate_sync_priority(p_event_id uuid, p_operation public.queue_operation) returns integer
    language sql stable security definer
    set search_path = ''
    as $$ select calendar_private.sync_priority(p_operation, (select e.start_time from public.events e where e.id = p_event_id)) $$;

do $$
begin
    if to_regtype('calendar_private.event_change') is null then
        create type calendar_private.event_change as (
            event_id uuid,
            space_id uuid,
            operation public.queue_operation,
            event_type text,
            start_time timestamptz,
            -- Deleted for good out of the trash: its deletion was queued when it went there.
            was_in_trash boolean,
            snapshot jsonb
        );
    end if;
end
$$;

-- An occurrence that was changed is an event row of its own in Rowan and a part of its series outside: what happens to it is an update
-- of the series. One that is already outside as an event of its own (mapped) keeps its own way.
create or replace function calendar_private.changes_of_series(p_changes calendar_private.event_change[])
    returns calendar_private.event_change[]
    language sql stable
    set search_path = ''
    as $$
        with overrides as (
            select change.event_id, exception.series_id
            from unnest(p_changes) change
            join public.recurring_event_exceptions exception on exception.modified_event_id = change.event_id
            where not exists (select from public.calendar_event_mappings m where m.rowan_event_id = change.event_id)
        )
        select array_agg(
            row(c.event_id, c.space_id, c.operation, c.event_type, c.start_time, c.was_in_trash, c.snapshot)::calendar_private.event_change)
        from (
            select change.*
            from unnest(p_changes) change
            where change.event_id not in (select o.event_id from overrides o)
            union all
            select e.id, e.space_id, 'update', e.event_type, e.start_time, false, to_jsonb(e)
            from public.events e
            where e.id in (select o.series_id from overrides o)
                and e.id not in (select change.event_id from unnest(p_changes) change)
                and e.deleted_at is null and e.space_id is not null
        ) c
    $$;
revoke all on function calendar_private.changes_of_series(calendar_private.event_change[]) from public;

-- One statement for all changes of a statement: an item for every connection of the space that sends and is not the one the change
-- came from. Connections that are paused, failing or waiting for a new password collect their work too.
create or replace function calendar_private.queue_event_changes(p_changes calendar_private.event_change[]) returns void
    language plpgsql
    set search_path = ''
    as $$
    declare
        -- A pooled session keeps an empty string, not null, once the setting was used.
        changed_by uuid := nullif(current_setting('calendar_sync.origin', true), '')::uuid;
        trace text := nullif(current_setting('calendar_sync.traceparent', true), '');
        touched uuid;
    begin
        for touched in
            with queued as (
                insert into public.calendar_sync_queue as item
                    (event_id, connection_id, mapping_id, operation, priority, event_snapshot, trace_parent)
                select
                    change.event_id, connection.id, mapping.id, change.operation,
                    calendar_private.sync_priority(change.operation, change.start_time), change.snapshot, trace
                from unnest(p_changes) change
                join public.calendar_connections connection on connection.space_id = change.space_id
                left join public.calendar_event_mappings mapping
                    on mapping.rowan_event_id = change.event_id and mapping.connection_id = connection.id
                where connection.sync_status <> 'disconnected'
                    and connection.provider in ('google', 'apple', 'cozi')
                    and connection.sync_direction in ('bidirectional', 'outbound_only')
                    and connection.id is distinct from changed_by
                    -- What is already outside goes on being synced when its type becomes an excluded one.
                    and (mapping.id is not null or coalesce(change.event_type, '') <> all (connection.excluded_event_types))
                    and (mapping.id is not null or not change.was_in_trash)
                -- Every statement takes the rows in the same order, so two of them cannot wait for each other.
                order by connection.id, change.event_id
                on conflict (connection_id, event_id) where status in ('pending', 'failed') do update
                    set operation = excluded.operation,
                        mapping_id = excluded.mapping_id,
                        priority = least(item.priority, excluded.priority),
                        event_snapshot = excluded.event_snapshot,
                        trace_parent = excluded.trace_parent,
                        version = item.version + 1,
                        status = 'pending',
                        retry_count = 0,
                        next_retry_at = null,
                        last_error = null
                returning item.connection_id)
            select distinct connection_id from queued
        loop
            perform pg_notify('calendar_sync', touched::text);
        end loop;
    end
    $$;
revoke all on function calendar_private.queue_event_changes(calendar_private.event_change[]) from public;

-- SECURITY DEFINER: the member who edits an event has no right on the queue. Triggers run per statement, so an imported page of
-- hundreds of events costs one insert.
create or replace function public.queue_calendar_sync_on_change() returns trigger
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        -- A change of these alone is the sync's own bookkeeping.
        sync_columns constant text[] :=
            array['external_source', 'sync_locked', 'last_external_sync', 'ical_uid', 'sync_generation', 'updated_at'];
        changes calendar_private.event_change[];
    begin
        if tg_op = 'INSERT' then
            select array_agg(row(n.id, n.space_id, 'create', n.event_type, n.start_time, false, to_jsonb(n))::calendar_private.event_change)
            into changes
            from new_rows n
            where n.deleted_at is null and n.space_id is not null;
        elsif tg_op = 'DELETE' then
            select array_agg(
                row(o.id, o.space_id, 'delete', o.event_type, o.start_time, o.deleted_at is not null, to_jsonb(o))
                    ::calendar_private.event_change)
            into changes
            from old_rows o
            where o.space_id is not null;
        else
            select array_agg(
                row(c.id, c.space_id, c.operation, c.event_type, c.start_time, false, c.snapshot)::calendar_private.event_change)
            into changes
            from (
                select
                    n.id, n.space_id, n.event_type, n.start_time, to_jsonb(n) as snapshot,
                    (case
                        when n.deleted_at is not null then 'delete'
                        when o.deleted_at is not null or o.space_id is distinct from n.space_id then 'create'
                        else 'update'
                    end)::public.queue_operation as operation
                from old_rows o
                join new_rows n using (id)
                where (o.deleted_at is null or n.deleted_at is null)
                    -- Deleted and moved in one go: there is nothing to delete where it was never seen.
                    and not (n.deleted_at is not null and o.space_id is distinct from n.space_id)
                    and to_jsonb(o) - sync_columns is distinct from to_jsonb(n) - sync_columns
                union all
                -- Moved to another space: gone from the calendars of the old one.
                select o.id, o.space_id, o.event_type, o.start_time, to_jsonb(o), 'delete'::public.queue_operation
                from old_rows o
                join new_rows n using (id)
                where o.deleted_at is null and o.space_id is distinct from n.space_id
            ) c
            where c.space_id is not null;
        end if;

        changes := calendar_private.changes_of_series(changes);
        if changes is not null then
            perform calendar_private.queue_event_changes(changes);
        end if;
        return null;
    end
    $$;
revoke all on function public.queue_calendar_sync_on_change() from public, anon, authenticated;

drop trigger if exists trigger_queue_calendar_sync on public.events;
create or replace trigger trigger_queue_calendar_sync_insert
    after insert on public.events
    referencing new table as new_rows
    for each statement execute function public.queue_calendar_sync_on_change();
create or replace trigger trigger_queue_calendar_sync_update
    after update on public.events
    referencing old table as old_rows new table as new_rows
    for each statement execute function public.queue_calendar_sync_on_change();
create or replace trigger trigger_queue_calendar_sync_delete
    after delete on public.events
    referencing old table as old_rows
    for each statement execute function public.queue_calendar_sync_on_change();

-- A series is one event outside, so a changed occurrence is an update of its series.
create or replace function public.queue_calendar_sync_on_exception_change() returns trigger
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        series uuid[];
        changes calendar_private.event_change[];
    begin
        if tg_op = 'INSERT' then
            series := array(select series_id from new_rows);
        elsif tg_op = 'DELETE' then
            series := array(select series_id from old_rows);
        else
            series := array(select series_id from new_rows union select series_id from old_rows);
        end if;

        -- The override's row was written before the exception that names it, and queued as an event of its own.
        if tg_op <> 'DELETE' then
            delete from public.calendar_sync_queue item
            using new_rows n
            where item.event_id = n.modified_event_id and item.status in ('pending', 'failed')
                and not exists (select from public.calendar_event_mappings m where m.rowan_event_id = item.event_id);
        end if;

        -- When the series itself goes, its exceptions cascade; that deletion is queued by the trigger on events.
        select array_agg(row(e.id, e.space_id, 'update', e.event_type, e.start_time, false, to_jsonb(e))::calendar_private.event_change)
        into changes
        from public.events e
        where e.id = any (series) and e.deleted_at is null and e.space_id is not null;

        if changes is not null then
            perform calendar_private.queue_event_changes(changes);
        end if;
        return null;
    end
    $$;
revoke all on function public.queue_calendar_sync_on_exception_change() from public, anon, authenticated;

create or replace trigger queue_calendar_sync_on_exception_insert
    after insert on public.recurring_event_exceptions
    referencing new table as new_rows
    for each statement execute function public.queue_calendar_sync_on_exception_change();
create or replace trigger queue_calendar_sync_on_exception_update
    after update on public.recurring_event_exceptions
    referencing old table as old_rows new table as new_rows
    for each statement execute function public.queue_calendar_sync_on_exception_change();
create or replace trigger queue_calendar_sync_on_exception_delete
    after delete on public.recurring_event_exceptions
    referencing old table as old_rows
    for each statement execute function public.queue_calendar_sync_on_exception_change();

-- Rowan's own queue functions. Our engine holds the lease of the connection and does not need them.
drop function if exists public.get_pending_sync_queue_items(integer);
create function public.get_pending_sync_queue_items(p_limit integer default 10) returns setof public.calendar_sync_queue
    language sql security definer
    set search_path = ''
    as $$
        select *
        from public.calendar_sync_queue
        where status = 'pending' or (status = 'failed' and next_retry_at <= now() and retry_count < max_retries)
        order by priority, created_at
        limit p_limit
        for update skip locked
    $$;

drop function if exists public.mark_queue_item_processing(uuid);
create function public.mark_queue_item_processing(p_queue_id uuid) returns void
    language sql security definer
    set search_path = ''
    as $$ update public.calendar_sync_queue set status = 'processing' where id = p_queue_id $$;

drop function if exists public.mark_queue_item_completed(uuid);
create function public.mark_queue_item_completed(p_queue_id uuid) returns void
    language sql security definer
    set search_path = ''
    as $$ update public.calendar_sync_queue set status = 'completed', processed_at = now(), last_error = null where id = p_queue_id $$;

drop function if exists public.mark_queue_item_failed(uuid, text);
create function public.mark_queue_item_failed(p_queue_id uuid, p_error_message text) returns void
    language sql security definer
    set search_path = ''
    as $$
        update public.calendar_sync_queue
        set status = 'failed',
            retry_count = retry_count + 1,
            last_error = p_error_message,
            next_retry_at = case
                when retry_count + 1 >= max_retries then null
                else now() + (array[interval '1 minute', interval '5 minutes', interval '15 minutes'])[least(retry_count + 1, 3)]
            end
        where id = p_queue_id
    $$;

revoke all on function public.calculate_sync_priority(uuid, public.queue_operation), public.get_pending_sync_queue_items(integer),
    public.mark_queue_item_processing(uuid), public.mark_queue_item_completed(uuid), public.mark_queue_item_failed(uuid, text)
    from public, anon, authenticated;
grant execute on function public.calculate_sync_priority(uuid, public.queue_operation), public.get_pending_sync_queue_items(integer),
    public.mark_queue_item_processing(uuid), public.mark_queue_item_completed(uuid), public.mark_queue_item_failed(uuid, text)
    to service_role;
