-- Deletions that are held back until somebody decides, copies of an event in a second calendar, and the retry of single items.

alter table public.calendar_event_mappings drop constraint if exists calendar_event_mappings_state_check;
alter table public.calendar_event_mappings
    -- 'held_inbound': gone outside, its deletion in Rowan waits for a decision. 'held_outbound': deleted in Rowan, kept outside till then.
    add constraint calendar_event_mappings_state_check check (state in ('active', 'hidden', 'creating', 'held_inbound', 'held_outbound'));

create table if not exists public.calendar_held_deletions (
    id uuid primary key default gen_random_uuid(),
    connection_id uuid not null references public.calendar_connections (id) on delete cascade,
    -- What ends the mapping ends the question.
    mapping_id uuid not null unique references public.calendar_event_mappings (id) on delete cascade,
    rowan_event_id uuid not null,
    external_calendar_id text not null,
    external_event_id text not null,
    -- Where the deletion comes from: 'inbound' from the calendar, 'outbound' from Rowan.
    direction text not null check (direction in ('inbound', 'outbound')),
    -- For the person who decides, when the event is gone for good.
    title text,
    held_at timestamptz not null default now(),
    decision text check (decision in ('approve', 'reject')),
    decided_by uuid references auth.users (id) on delete set null,
    decided_at timestamptz,
    -- Set when a pass has acted on the decision. An approved deletion that is on its way out keeps its row, so that the guard lets it through.
    carried_out_at timestamptz
);
create index if not exists idx_calendar_held_deletions_connection_id on public.calendar_held_deletions (connection_id, held_at);
create index if not exists idx_calendar_held_deletions_decided on public.calendar_held_deletions (connection_id)
    where decision is not null and carried_out_at is null;

alter table public.calendar_held_deletions enable row level security;
revoke all on public.calendar_held_deletions from public, anon, authenticated;
grant select, insert, update, delete on public.calendar_held_deletions to service_role;
drop policy if exists calendar_held_deletions_select on public.calendar_held_deletions;
create policy calendar_held_deletions_select on public.calendar_held_deletions for select to authenticated
    using (connection_id in (select c.id from public.calendar_connections c));
grant select on public.calendar_held_deletions to authenticated;

-- The same event in another calendar of the account: one event in Rowan, which knows one of the two. When that one goes, the copy is it.
create table if not exists public.calendar_event_copies (
    connection_id uuid not null references public.calendar_connections (id) on delete cascade,
    external_calendar_id text not null,
    external_event_id text not null,
    ical_uid text not null,
    primary key (connection_id, external_calendar_id, external_event_id)
);
create index if not exists idx_calendar_event_copies_uid on public.calendar_event_copies (connection_id, ical_uid);

alter table public.calendar_event_copies enable row level security;
revoke all on public.calendar_event_copies from public, anon, authenticated;
grant select, insert, update, delete on public.calendar_event_copies to service_role;

alter table public.calendar_connection_calendars
    -- [{"direction", "at", "count"}] of the last hour: many small steps are a mass deletion too.
    add column if not exists recent_deletions jsonb not null default '[]';

create index if not exists idx_calendar_sync_errors_due on public.calendar_sync_errors (connection_id, next_retry_at)
    where resolved_at is null and direction = 'inbound' and next_retry_at is not null;

-- Decides about every deletion of a connection that is held and undecided, and asks for the pass that acts on it. The first decision
-- counts: returns 0 when there is none left. Raises 42501 for anyone but the owner of the connection and the space's owner and admins.
create or replace function public.decide_held_deletions(p_connection_id uuid, p_decision text) returns integer
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        decided integer;
    begin
        perform calendar_private.require_api_host();
        if not calendar_private.may_manage_connection(p_connection_id) then
            raise exception 'Only the owner of the connection or an admin of the space may do this.'
                using errcode = 'insufficient_privilege';
        end if;

        update public.calendar_held_deletions
        set decision = p_decision, decided_by = auth.uid(), decided_at = now()
        where connection_id = p_connection_id and decision is null;
        get diagnostics decided = row_count;

        if decided > 0 then
            update public.calendar_connections
            set sync_requested_at = clock_timestamp(),
                sync_requested_type = case when sync_requested_type = 'full' then 'full' else 'manual' end::public.sync_type
            where id = p_connection_id and sync_status <> 'disconnected';
        end if;
        return decided;
    end
    $$;

-- Makes an item that could not be synced due again, and its connection with it. An item that was mended meanwhile stays as it is.
-- Returns null for an error that the user cannot see. Raises 42501 as above.
create or replace function public.retry_sync_error(p_error_id uuid) returns boolean
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        failed public.calendar_sync_errors;
    begin
        perform calendar_private.require_api_host();
        select e.* into failed
        from public.calendar_sync_errors e
        join public.calendar_connections c on c.id = e.connection_id
        where e.id = p_error_id and c.space_id in (select public.calendar_spaces_of_user());
        if failed.id is null then
            return null;
        end if;
        if not calendar_private.may_manage_connection(failed.connection_id) then
            raise exception 'Only the owner of the connection or an admin of the space may do this.'
                using errcode = 'insufficient_privilege';
        end if;
        if failed.resolved_at is not null then
            return false;
        end if;

        update public.calendar_sync_errors set next_retry_at = now() where id = p_error_id;
        if failed.direction = 'outbound' then
            update public.calendar_sync_queue
            set status = 'pending', retry_count = 0, next_retry_at = null, version = version + 1
            where connection_id = failed.connection_id and event_id = failed.rowan_event_id and status in ('pending', 'failed');
        end if;
        update public.calendar_connections
        set sync_requested_at = clock_timestamp(),
            sync_requested_type = case when sync_requested_type = 'full' then 'full' else 'manual' end::public.sync_type
        where id = failed.connection_id and sync_status <> 'disconnected';
        return true;
    end
    $$;

revoke all on function public.decide_held_deletions(uuid, text), public.retry_sync_error(uuid) from public, anon;
grant execute on function public.decide_held_deletions(uuid, text), public.retry_sync_error(uuid) to authenticated;
