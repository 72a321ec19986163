-- The memory of a pair: which external event a Rowan event is in one connection, and what both looked like when they last agreed.

create table if not exists public.calendar_event_mappings (
    id uuid primary key default gen_random_uuid(),
    -- No foreign key: an event that is deleted for good keeps its mapping until the deletion has reached the provider.
    rowan_event_id uuid not null,
    connection_id uuid not null references public.calendar_connections (id) on delete cascade,
    external_event_id text not null,
    external_calendar_id text not null,
    sync_direction public.sync_direction_type not null default 'bidirectional',
    rowan_etag text,
    external_etag text,
    last_synced_at timestamptz not null default now(),
    has_conflict boolean not null default false,
    conflict_detected_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint unique_rowan_event_connection unique (rowan_event_id, connection_id)
);

-- Rowan's table cascades with the event, and its key lacks the calendar: two calendars of one account may hold the same event id.
do $$
declare
    found text;
begin
    for found in
        select conname from pg_constraint
        where conrelid = 'public.calendar_event_mappings'::regclass and contype = 'f' and confrelid = 'public.events'::regclass
    loop
        execute format('alter table public.calendar_event_mappings drop constraint %I', found);
    end loop;

    alter table public.calendar_event_mappings drop constraint if exists unique_external_event;
    alter table public.calendar_event_mappings
        add constraint unique_external_event unique (connection_id, external_calendar_id, external_event_id);
end
$$;

alter table public.calendar_event_mappings
    -- UID of the iCalendar object, the same in every calendar that holds the event.
    add column if not exists ical_uid text,
    -- Hash of the parsed external content: a server that rewrites bytes has not changed the event.
    add column if not exists external_hash text,
    -- The provider's own text, as read together with external_etag. Edits are applied onto it, so nothing of it is lost.
    add column if not exists external_payload text,
    -- The life of the event (events.sync_generation) that this mapping belongs to.
    add column if not exists generation integer not null default 0,
    add column if not exists origin text not null default 'matched',
    -- 'hidden': deleted in Rowan under inbound_only; outlives the event, so that it is not imported again.
    add column if not exists state text not null default 'active';

alter table public.calendar_event_mappings
    -- Only rows that were there before needed one.
    alter column origin drop default,
    drop constraint if exists calendar_event_mappings_origin_check,
    drop constraint if exists calendar_event_mappings_state_check;
alter table public.calendar_event_mappings
    add constraint calendar_event_mappings_origin_check check (origin in ('imported', 'exported', 'matched')),
    add constraint calendar_event_mappings_state_check check (state in ('active', 'hidden'));

create or replace trigger update_calendar_event_mappings_updated_at
    before update on public.calendar_event_mappings
    for each row execute function public.update_updated_at_column();
