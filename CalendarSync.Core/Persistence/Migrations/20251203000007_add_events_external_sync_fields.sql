-- What a synced event remembers of its other side, and the columns that Rowan's code uses but its migrations never made.

alter table public.events
    add column if not exists external_source public.calendar_provider,
    add column if not exists sync_locked boolean not null default false,
    add column if not exists last_external_sync timestamptz,
    add column if not exists all_day boolean not null default false,
    add column if not exists show_countdown boolean default false,
    add column if not exists countdown_label text,
    add column if not exists source text,
    add column if not exists metadata jsonb,
    add column if not exists important_date_id uuid,
    -- UID of the external event that it was imported from or is linked with.
    add column if not exists ical_uid text,
    -- Which life of the event this is: a restore after a deletion begins a new one, so that an old tombstone cannot reach it.
    add column if not exists sync_generation integer not null default 0;

-- Where Rowan made all_day itself it may be null. A rewrite and not an UPDATE: it fires no trigger, so nothing looks edited, and
-- Rowan's own trigger, which still stands here and lets every UPDATE fail, is not in the way.
do $$
begin
    if exists (select from public.events where all_day is null) then
        alter table public.events alter column all_day type boolean using coalesce(all_day, false);
    end if;
end
$$;
alter table public.events
    alter column all_day set default false,
    alter column all_day set not null;

create or replace function public.calendar_event_generation() returns trigger
    language plpgsql
    set search_path = ''
    as $$
    begin
        -- Nobody sets it by hand: a generation that went back would meet its own tombstone.
        new.sync_generation := old.sync_generation
            + case when old.deleted_at is not null and new.deleted_at is null then 1 else 0 end;
        return new;
    end
    $$;
revoke all on function public.calendar_event_generation() from public, anon, authenticated;

create or replace trigger calendar_event_generation
    before update on public.events
    for each row
    when (old.sync_generation is distinct from new.sync_generation or (old.deleted_at is not null and new.deleted_at is null))
    execute function public.calendar_event_generation();

-- Rowan's advisory locks on an event, kept for its code; ours is the lease of the connection.
drop function if exists public.lock_event_for_sync(uuid);
create function public.lock_event_for_sync(p_event_id uuid) returns boolean
    language plpgsql
    set search_path = ''
    as $$
    begin
        update public.events set sync_locked = true where id = p_event_id and not sync_locked;
        return found;
    end
    $$;

drop function if exists public.unlock_event_after_sync(uuid, boolean);
create function public.unlock_event_after_sync(p_event_id uuid, p_mark_synced boolean default true) returns void
    language sql
    set search_path = ''
    as $$
        update public.events
        set sync_locked = false, last_external_sync = case when p_mark_synced then now() else last_external_sync end
        where id = p_event_id
    $$;

drop function if exists public.unlock_all_sync_locked_events();
create function public.unlock_all_sync_locked_events() returns integer
    language plpgsql
    set search_path = ''
    as $$
    declare
        unlocked integer;
    begin
        update public.events set sync_locked = false where sync_locked and updated_at < now() - interval '5 minutes';
        get diagnostics unlocked = row_count;
        return unlocked;
    end
    $$;

revoke all on function public.lock_event_for_sync(uuid), public.unlock_event_after_sync(uuid, boolean),
    public.unlock_all_sync_locked_events() from public, anon, authenticated;
grant execute on function public.lock_event_for_sync(uuid), public.unlock_event_after_sync(uuid, boolean),
    public.unlock_all_sync_locked_events() to service_role;
