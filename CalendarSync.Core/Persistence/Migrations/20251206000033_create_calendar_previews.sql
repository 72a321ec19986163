-- What a full sync would do, asked for by the API and found out by a worker: the API reads no secret and talks to no calendar.
-- A row is a question and, for some minutes, its answer. Nobody but the one who asked gets it, and once.

create table if not exists public.calendar_previews (
    id uuid primary key default gen_random_uuid(),
    connection_id uuid not null references public.calendar_connections (id) on delete cascade,
    requested_by uuid not null,
    requested_at timestamptz not null default now(),
    status text not null default 'pending' check (status in ('pending', 'running', 'done', 'failed')),
    -- A worker that says nothing until then has died, and another one answers.
    claimed_until timestamptz,
    result jsonb,
    error_code text,
    error_message text,
    constraint unique_preview_of_person unique (connection_id, requested_by)
);
create index if not exists idx_calendar_previews_waiting on public.calendar_previews (requested_at) where status in ('pending', 'running');

-- The answer names events that are in nobody's Rowan yet, so no member may look in here.
alter table public.calendar_previews enable row level security;
revoke all on public.calendar_previews from public, anon, authenticated;
grant select, insert, update, delete on public.calendar_previews to service_role;

-- Asks, or joins the question that the user asked some minutes ago and has no answer to yet.
-- Raises 42501 for anyone but the owner and the space's owner and admins.
create or replace function public.request_calendar_preview(p_connection_id uuid)
    returns table (preview_id uuid, is_new boolean)
    language plpgsql security definer
    set search_path = ''
    as $$
    #variable_conflict use_column
    begin
        perform calendar_private.require_api_host();
        if not calendar_private.may_manage_connection(p_connection_id) then
            raise exception 'Only the owner of the connection or an admin of the space may do this.'
                using errcode = 'insufficient_privilege';
        end if;

        delete from public.calendar_previews p
        where p.connection_id = p_connection_id and p.requested_by = auth.uid() and p.requested_at < now() - interval '10 minutes';
        insert into public.calendar_previews (connection_id, requested_by) values (p_connection_id, auth.uid())
        on conflict (connection_id, requested_by) do nothing
        returning id into preview_id;

        is_new := preview_id is not null;
        if is_new then
            perform pg_notify('calendar_preview', p_connection_id::text);
        else
            select p.id into preview_id
            from public.calendar_previews p where p.connection_id = p_connection_id and p.requested_by = auth.uid();
        end if;
        return next;
    end
    $$;

-- The answer to the user's question, if there is one. It is given once: the next question is a new one. 'taken' to whoever comes too late.
create or replace function public.take_calendar_preview(p_preview_id uuid)
    returns table (status text, result text, error_code text, error_message text)
    language plpgsql security definer
    set search_path = ''
    as $$
    #variable_conflict use_column
    begin
        perform calendar_private.require_api_host();
        return query
            delete from public.calendar_previews p
            where p.id = p_preview_id and p.requested_by = auth.uid() and p.status in ('done', 'failed')
            returning p.status, p.result::text, p.error_code, p.error_message;
        if not found and not exists (select from public.calendar_previews p where p.id = p_preview_id and p.requested_by = auth.uid()) then
            return query select 'taken', null, null, null;
        end if;
    end
    $$;

revoke all on function public.request_calendar_preview(uuid), public.take_calendar_preview(uuid) from public, anon;
grant execute on function public.request_calendar_preview(uuid), public.take_calendar_preview(uuid) to authenticated;
