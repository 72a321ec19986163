-- The calendars of an account, each with the cursor of its own listing.

create table if not exists public.calendar_connection_calendars (
    id uuid primary key default gen_random_uuid(),
    connection_id uuid not null references public.calendar_connections (id) on delete cascade,
    external_calendar_id text not null,
    name text not null,
    color text,
    time_zone text,
    read_only boolean not null default false,
    is_primary boolean not null default false,
    selected boolean not null default true,
    -- Where events that were born in Rowan go.
    is_target boolean not null default false,
    -- Sync token or ctag, opaque to everyone but the provider. Moved in the transaction that recorded the last change before it.
    cursor text,
    cursor_updated_at timestamptz,
    last_full_compare_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint unique_connection_calendar unique (connection_id, external_calendar_id)
);
create unique index if not exists unique_connection_target on public.calendar_connection_calendars (connection_id) where is_target;

create or replace trigger update_calendar_connection_calendars_updated_at
    before update on public.calendar_connection_calendars
    for each row execute function public.update_updated_at_column();

alter table public.calendar_connection_calendars enable row level security;
revoke all on public.calendar_connection_calendars from public, anon, authenticated;
grant select, insert, update, delete on public.calendar_connection_calendars to service_role;
drop policy if exists calendar_connection_calendars_select on public.calendar_connection_calendars;
create policy calendar_connection_calendars_select on public.calendar_connection_calendars for select to authenticated
    using (connection_id in (select c.id from public.calendar_connections c));
grant select (id, connection_id, external_calendar_id, name, color, time_zone, read_only, is_primary, selected, is_target,
              cursor_updated_at, last_full_compare_at, created_at, updated_at)
    on public.calendar_connection_calendars to authenticated;
