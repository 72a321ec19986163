-- Items that could not be synced, each with its own retry, so that a bad one neither blocks the rest nor is skipped in silence.

create table if not exists public.calendar_sync_errors (
    id uuid primary key default gen_random_uuid(),
    connection_id uuid not null references public.calendar_connections (id) on delete cascade,
    external_calendar_id text,
    external_event_id text,
    external_etag text,
    rowan_event_id uuid,
    direction text not null check (direction in ('inbound', 'outbound')),
    operation text not null check (operation in ('read', 'create', 'update', 'delete')),
    title text,
    code text not null,
    message text not null,
    attempts integer not null default 1,
    occurred_at timestamptz not null default now(),
    next_retry_at timestamptz,
    resolved_at timestamptz
);

-- One open error per item and direction, however often it fails.
create unique index if not exists unique_open_sync_error on public.calendar_sync_errors (
    connection_id, direction, coalesce(external_calendar_id, ''), coalesce(external_event_id, ''),
    coalesce(rowan_event_id, '00000000-0000-0000-0000-000000000000'::uuid))
    where resolved_at is null;
create index if not exists idx_calendar_sync_errors_connection_id on public.calendar_sync_errors (connection_id, occurred_at desc);

alter table public.calendar_sync_errors enable row level security;
revoke all on public.calendar_sync_errors from public, anon, authenticated;
grant select, insert, update, delete on public.calendar_sync_errors to service_role;
drop policy if exists calendar_sync_errors_select on public.calendar_sync_errors;
create policy calendar_sync_errors_select on public.calendar_sync_errors for select to authenticated
    using (connection_id in (select c.id from public.calendar_connections c));
grant select on public.calendar_sync_errors to authenticated;
