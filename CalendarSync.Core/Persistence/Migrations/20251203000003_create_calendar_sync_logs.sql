-- One row per sync pass, kept 90 days, in one partition per month: retention drops a table instead of deleting rows.

do $$
begin
    if to_regtype('public.sync_type') is null then
        create type public.sync_type as enum ('full', 'incremental', 'manual', 'webhook_triggered');
    end if;
    if to_regtype('public.sync_log_status') is null then
        create type public.sync_log_status as enum ('pending', 'in_progress', 'completed', 'failed', 'partial');
    end if;
end
$$;

-- Rowan's table is not partitioned. It steps aside, with its indexes, and its rows move over below.
do $$
declare
    found text;
begin
    if exists (select from pg_class where oid = to_regclass('public.calendar_sync_logs') and relkind = 'r') then
        alter table public.calendar_sync_logs rename to calendar_sync_logs_unpartitioned;
        for found in
            select indexrelid::regclass::text from pg_index where indrelid = 'public.calendar_sync_logs_unpartitioned'::regclass
        loop
            execute format('alter index %s rename to %I', found, 'old_' || md5(found));
        end loop;
    end if;
end
$$;

create table if not exists public.calendar_sync_logs (
    id uuid not null default gen_random_uuid(),
    connection_id uuid not null references public.calendar_connections (id) on delete cascade,
    sync_type public.sync_type not null,
    sync_direction public.sync_direction_type not null,
    started_at timestamptz not null default now(),
    completed_at timestamptz,
    status public.sync_log_status not null default 'pending',
    events_created integer not null default 0,
    events_updated integer not null default 0,
    events_deleted integer not null default 0,
    conflicts_detected integer not null default 0,
    error_code text,
    error_message text,
    error_details jsonb,
    triggered_by text,
    duration_ms integer,
    created_at timestamptz not null default now(),
    -- Used by Rowan's code, made by none of its migrations.
    events_synced integer not null default 0,
    errors jsonb,
    -- Milliseconds per phase of the pass.
    phases jsonb,
    trace_id text,
    -- Passes that changed nothing add up in one row a day.
    quiet_passes integer not null default 0,
    primary key (id, created_at)
) partition by range (created_at);

create table if not exists public.calendar_sync_logs_default partition of public.calendar_sync_logs default;
alter table public.calendar_sync_logs_default enable row level security;
revoke all on public.calendar_sync_logs_default from public, anon, authenticated;

create or replace function public.calculate_sync_log_duration() returns trigger
    language plpgsql
    set search_path = ''
    as $$
    begin
        -- A row that comes whole and says its duration keeps it: it was measured with a better clock, or long ago.
        if new.completed_at is not null
            and (tg_op = 'INSERT' and new.duration_ms is null or tg_op = 'UPDATE' and old.completed_at is distinct from new.completed_at)
        then
            new.duration_ms := round(extract(epoch from new.completed_at - new.started_at) * 1000);
        end if;
        return new;
    end
    $$;
revoke all on function public.calculate_sync_log_duration() from public, anon, authenticated;

create or replace trigger calculate_sync_log_duration
    before insert or update on public.calendar_sync_logs
    for each row execute function public.calculate_sync_log_duration();

-- Makes the partitions of this month and the next ones. Rows that came before their partition wait in the default one and move.
create or replace function public.ensure_sync_log_partitions(months_ahead integer default 3) returns integer
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        made integer := 0;
        first_month timestamptz;
        month_start timestamptz;
        month_end timestamptz;
        partition_name text;
    begin
        select date_trunc('month', coalesce(min(created_at), now()), 'UTC') into first_month from public.calendar_sync_logs_default;
        first_month := least(first_month, date_trunc('month', now(), 'UTC'));

        for month_start in
            select generate_series(
                first_month at time zone 'UTC',
                (date_trunc('month', now(), 'UTC') at time zone 'UTC') + make_interval(months => months_ahead),
                interval '1 month') at time zone 'UTC'
        loop
            month_end := (month_start at time zone 'UTC' + interval '1 month') at time zone 'UTC';
            partition_name := 'calendar_sync_logs_y' || to_char(month_start at time zone 'UTC', 'YYYY"m"MM');
            continue when to_regclass('public.' || partition_name) is not null;

            execute format(
                'create table public.%I (like public.calendar_sync_logs including defaults including constraints)', partition_name);
            execute format('alter table public.%I enable row level security', partition_name);
            -- Hosted defaults would hand every new table to anon and authenticated.
            execute format('revoke all on public.%I from public, anon, authenticated', partition_name);
            execute format(
                'with moved as (delete from public.calendar_sync_logs_default where created_at >= %L and created_at < %L returning *)
                 insert into public.%I select * from moved',
                month_start, month_end, partition_name);
            execute format(
                'alter table public.calendar_sync_logs attach partition public.%I for values from (%L) to (%L)',
                partition_name, month_start, month_end);
            made := made + 1;
        end loop;
        return made;
    end
    $$;
revoke all on function public.ensure_sync_log_partitions(integer) from public, anon, authenticated;
grant execute on function public.ensure_sync_log_partitions(integer) to service_role;

do $$
declare
    shared_columns text;
begin
    if to_regclass('public.calendar_sync_logs_unpartitioned') is not null then
        select string_agg(format('%I', n.column_name), ', ') into shared_columns
        from information_schema.columns o
        join information_schema.columns n
            on n.table_schema = o.table_schema and n.column_name = o.column_name and n.udt_name = o.udt_name
        where o.table_schema = 'public'
            and o.table_name = 'calendar_sync_logs_unpartitioned' and n.table_name = 'calendar_sync_logs';

        execute format(
            'insert into public.calendar_sync_logs (%1$s) select %1$s from public.calendar_sync_logs_unpartitioned', shared_columns);
        drop table public.calendar_sync_logs_unpartitioned;
    end if;
end
$$;

select public.ensure_sync_log_partitions(3);
