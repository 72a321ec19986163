-- A pass locks its connection and then the rows of its work. A person's decision took them the other way round, so the two could wait for
-- each other. Both functions lock the connection first now.

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
        perform from public.calendar_connections where id = p_connection_id for no key update;

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

-- An edit whose queue item was cleaned up meanwhile is queued again.
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
        perform from public.calendar_connections where id = failed.connection_id for no key update;

        -- A pass may have mended it before the lock was ours.
        update public.calendar_sync_errors set next_retry_at = now() where id = p_error_id and resolved_at is null;
        if not found then
            return false;
        end if;

        if failed.direction = 'outbound' and failed.rowan_event_id is not null then
            insert into public.calendar_sync_queue as q (event_id, connection_id, operation, priority)
            values (failed.rowan_event_id, failed.connection_id, 'update', 2)
            on conflict (connection_id, event_id) where status in ('pending', 'failed')
            do update set version = q.version + 1, status = 'pending', retry_count = 0, next_retry_at = null;
        end if;
        update public.calendar_connections
        set sync_requested_at = clock_timestamp(),
            sync_requested_type = case when sync_requested_type = 'full' then 'full' else 'manual' end::public.sync_type
        where id = failed.connection_id and sync_status <> 'disconnected';
        return true;
    end
    $$;
