-- What the history of conflicts needs to be shown, told once and taken back.

alter table public.calendar_sync_conflicts
    -- What met: see the check below.
    add column if not exists kind text not null default 'both_changed',
    -- The provider's own text of the version that the calendar held last, for bringing it back whole.
    add column if not exists external_payload text,
    -- Whose edit in Rowan it was, as far as that is known.
    add column if not exists edited_by uuid,
    -- Conflicts that are here already are nobody's news.
    add column if not exists notified_at timestamptz default now(),
    -- Every decision of a person: [{"at", "by", "winning_source", "notes", "replaced"}], the version of Rowan that it replaced included.
    add column if not exists decisions jsonb not null default '[]';

alter table public.calendar_sync_conflicts
    alter column notified_at drop default,
    drop constraint if exists calendar_sync_conflicts_kind_check;
alter table public.calendar_sync_conflicts
    add constraint calendar_sync_conflicts_kind_check
        check (kind in ('both_changed', 'deleted_outside', 'deleted_in_rowan', 'found_different', 'same_edit'));

-- The provider's text holds what Rowan does not show, attendees' addresses among it: like that of the mappings it is for the sync only.
update public.calendar_sync_conflicts
set external_payload = external_version ->> 'payload', external_version = external_version - 'payload'
where external_version ? 'payload';
revoke select on public.calendar_sync_conflicts from authenticated;
grant select (id, mapping_id, connection_id, detected_at, resolved_at, resolution_status, rowan_version, external_version, winning_source,
              resolution_strategy, resolved_by, resolution_notes, created_at, updated_at, space_id, event_id, provider, title, severity,
              kind, edited_by, notified_at, decisions)
    on public.calendar_sync_conflicts to authenticated;

create index if not exists idx_calendar_sync_conflicts_open_event on public.calendar_sync_conflicts (event_id)
    where resolution_status <> 'resolved';
create index if not exists idx_calendar_sync_conflicts_untold on public.calendar_sync_conflicts (connection_id)
    where notified_at is null and kind <> 'same_edit';

-- Who edits: the sync finds it here when the edit turns out to be one side of a conflict.
alter table public.calendar_sync_queue add column if not exists edited_by uuid;
alter table public.calendar_sync_queue alter column edited_by set default auth.uid();

create or replace function public.note_calendar_queue_editor() returns trigger
    language plpgsql
    set search_path = ''
    as $$
    begin
        new.edited_by := coalesce(auth.uid(), new.edited_by);
        return new;
    end
    $$;
revoke all on function public.note_calendar_queue_editor() from public, anon, authenticated;

create or replace trigger note_calendar_queue_editor
    before update on public.calendar_sync_queue
    for each row
    when (new.version is distinct from old.version)
    execute function public.note_calendar_queue_editor();

-- Says of the open conflicts of these events how they stand: 'detected' while a calendar of the space still waits for the push, 'failed'
-- when a push was given up, 'resolved' when all sides hold the winner. Every transaction that changes that calls it last: conflicts are
-- locked after events and queue items, so two of them cannot wait for each other.
create or replace function public.settle_calendar_conflicts(p_event_ids uuid[]) returns void
    language plpgsql security definer
    set search_path = ''
    as $$
    begin
        perform from public.calendar_sync_conflicts f
        where f.event_id = any (p_event_ids) and f.resolution_status <> 'resolved'
        order by f.id
        for update;

        -- A statement of its own: when two calendars finish at the same moment, the second one has waited above and sees the first.
        update public.calendar_sync_conflicts f
        set resolution_status = case when pushes.waiting then 'detected' when pushes.given_up then 'failed' else 'resolved' end
                ::public.resolution_status,
            resolved_at = case when pushes.waiting or pushes.given_up then null else now() end
        from (
            select open.id,
                coalesce(bool_or(not push.given_up), false) as waiting,
                coalesce(bool_or(push.given_up), false) as given_up
            from public.calendar_sync_conflicts open
            left join (
                select item.event_id, connection.space_id,
                    -- In the list of errors: it is tried again some day, or when somebody asks for it.
                    item.status = 'failed' and (item.next_retry_at is null or exists (
                        select from public.calendar_sync_errors error
                        where error.connection_id = item.connection_id and error.rowan_event_id = item.event_id
                            and error.direction = 'outbound' and error.resolved_at is null)) as given_up
                from public.calendar_sync_queue item
                join public.calendar_connections connection
                    on connection.id = item.connection_id and connection.sync_status <> 'disconnected'
                where item.status in ('pending', 'failed')
            ) push on push.event_id = open.event_id and push.space_id = open.space_id
            where open.event_id = any (p_event_ids) and open.resolution_status <> 'resolved'
            group by open.id
        ) pushes
        where f.id = pushes.id;
    end
    $$;
revoke all on function public.settle_calendar_conflicts(uuid[]) from public, anon, authenticated;
grant execute on function public.settle_calendar_conflicts(uuid[]) to service_role;

-- A calendar that is disconnected waits for nothing any more.
create or replace function public.settle_conflicts_of_dropped_pushes() returns trigger
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        dropped uuid[];
    begin
        dropped := array(select distinct o.event_id from old_rows o where o.status in ('pending', 'failed'));
        if cardinality(dropped) > 0 then
            perform public.settle_calendar_conflicts(dropped);
        end if;
        return null;
    end
    $$;
revoke all on function public.settle_conflicts_of_dropped_pushes() from public, anon, authenticated;

create or replace trigger settle_conflicts_of_dropped_pushes
    after delete on public.calendar_sync_queue
    referencing old table as old_rows
    for each statement execute function public.settle_conflicts_of_dropped_pushes();
