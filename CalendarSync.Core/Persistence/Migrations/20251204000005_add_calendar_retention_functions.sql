-- What is removed, and when. The worker calls these; each returns how many rows went.

-- Logs: a month whose last day is old enough goes as a whole, the rest row by row.
drop function if exists public.cleanup_old_sync_logs();
create or replace function public.cleanup_old_sync_logs(p_days integer default 90) returns bigint
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        cutoff timestamptz := now() - make_interval(days => p_days);
        old_partition record;
        counted bigint;
        removed bigint := 0;
    begin
        for old_partition in
            select c.relname
            from pg_inherits i
            join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'public.calendar_sync_logs'::regclass
                and c.relname ~ '^calendar_sync_logs_y\d{4}m\d{2}$'
                and to_date(substring(c.relname from 'y(\d{4}m\d{2})$'), 'YYYY"m"MM') + interval '1 month' <= cutoff at time zone 'UTC'
            order by c.relname
        loop
            execute format('select count(*) from public.%I', old_partition.relname) into counted;
            execute format('drop table public.%I', old_partition.relname);
            removed := removed + counted;
        end loop;

        delete from public.calendar_sync_logs where created_at < cutoff;
        get diagnostics counted = row_count;
        return removed + counted;
    end
    $$;

drop function if exists public.cleanup_completed_queue_items();
create or replace function public.cleanup_completed_queue_items(p_days integer default 7) returns integer
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        removed integer;
    begin
        delete from public.calendar_sync_queue item
        using public.calendar_connections connection
        where connection.id = item.connection_id
            and (item.status = 'completed' and item.processed_at < now() - make_interval(days => p_days)
                -- An edit that raced with the disconnect. Whoever connects again compares everything.
                or connection.sync_status = 'disconnected' and item.updated_at < now() - make_interval(days => p_days));
        get diagnostics removed = row_count;
        return removed;
    end
    $$;

create or replace function public.cleanup_resolved_sync_errors(p_days integer default 90) returns integer
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        removed integer;
    begin
        delete from public.calendar_sync_errors where resolved_at < now() - make_interval(days => p_days);
        get diagnostics removed = row_count;
        return removed;
    end
    $$;

-- The trash. An override that an exception still names would refuse to go (its foreign key has no action), so the exception forgets it.
create or replace function public.cleanup_deleted_events(p_days integer default 30) returns integer
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        doomed uuid[];
    begin
        doomed := array(
            select id from public.events where deleted_at < now() - make_interval(days => p_days) order by id for update skip locked);
        update public.recurring_event_exceptions set modified_event_id = null where modified_event_id = any (doomed);
        delete from public.events where id = any (doomed);
        return coalesce(array_length(doomed, 1), 0);
    end
    $$;

revoke all on function public.cleanup_old_sync_logs(integer), public.cleanup_completed_queue_items(integer),
    public.cleanup_resolved_sync_errors(integer), public.cleanup_deleted_events(integer) from public, anon, authenticated;
grant execute on function public.cleanup_old_sync_logs(integer), public.cleanup_completed_queue_items(integer),
    public.cleanup_resolved_sync_errors(integer), public.cleanup_deleted_events(integer) to service_role;
