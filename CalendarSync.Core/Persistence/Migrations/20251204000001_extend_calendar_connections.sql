-- The lease that makes one worker the owner of a pass, requests for a pass, and what a person is told about the connection.

alter table public.calendar_connections
    -- Address of a CalDAV server other than iCloud.
    add column if not exists server_url text,
    add column if not exists last_error_code text,
    -- Grows with every claim; each write of a pass says the fence it was claimed with, so a worker that lost its lease changes nothing.
    add column if not exists fence bigint not null default 0,
    add column if not exists lease_until timestamptz,
    add column if not exists lease_owner text,
    add column if not exists sync_requested_at timestamptz,
    -- 'full' forces a full compare.
    add column if not exists sync_requested_type public.sync_type,
    add column if not exists last_started_at timestamptz,
    add column if not exists initial_sync_completed_at timestamptz,
    add column if not exists consecutive_failures integer not null default 0,
    add column if not exists progress jsonb,
    add column if not exists credentials_updated_at timestamptz;

grant update (excluded_event_types) on public.calendar_connections to authenticated;

-- The claim: who is due, or was asked for.
create index if not exists idx_calendar_connections_requested on public.calendar_connections (sync_requested_at)
    where sync_requested_at is not null and sync_status <> 'disconnected';

create or replace function public.notify_calendar_sync_due() returns trigger
    language plpgsql
    set search_path = ''
    as $$
    begin
        perform pg_notify('calendar_sync', new.id::text);
        return null;
    end
    $$;
revoke all on function public.notify_calendar_sync_due() from public, anon, authenticated;

create or replace trigger notify_calendar_sync_due_insert
    after insert on public.calendar_connections
    for each row
    when (new.provider in ('google', 'apple', 'cozi') and new.sync_status <> 'disconnected' and new.next_sync_at <= now())
    execute function public.notify_calendar_sync_due();
create or replace trigger notify_calendar_sync_due_update
    after update of sync_requested_at, next_sync_at on public.calendar_connections
    for each row
    when (new.provider in ('google', 'apple', 'cozi') and new.sync_status <> 'disconnected' and (
        (new.sync_requested_at is not null and new.sync_requested_at is distinct from old.sync_requested_at)
        or (new.next_sync_at <= now() and new.next_sync_at is distinct from old.next_sync_at)))
    execute function public.notify_calendar_sync_due();
