-- Every conflict with both versions whole, so that the losing one can be restored. The history outlives event, mapping and connection.

do $$
begin
    if to_regtype('public.resolution_status') is null then
        create type public.resolution_status as enum ('detected', 'resolved', 'failed');
    end if;
    if to_regtype('public.winning_source') is null then
        create type public.winning_source as enum ('external', 'rowan', 'merged', 'manual');
    end if;
    if to_regtype('public.resolution_strategy') is null then
        create type public.resolution_strategy as enum ('external_wins', 'rowan_wins', 'merge', 'manual_review');
    end if;
end
$$;

create table if not exists public.calendar_sync_conflicts (
    id uuid primary key default gen_random_uuid(),
    mapping_id uuid,
    connection_id uuid,
    detected_at timestamptz not null default now(),
    resolved_at timestamptz,
    resolution_status public.resolution_status not null default 'detected',
    rowan_version jsonb not null,
    external_version jsonb not null,
    winning_source public.winning_source,
    resolution_strategy public.resolution_strategy not null default 'external_wins',
    resolved_by uuid references auth.users (id) on delete set null,
    resolution_notes text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

alter table public.calendar_sync_conflicts
    add column if not exists space_id uuid references public.spaces (id) on delete cascade,
    add column if not exists event_id uuid,
    add column if not exists provider public.calendar_provider,
    add column if not exists title text,
    add column if not exists severity text default 'normal';

-- Rowan's rows vanish with their mapping; these stay, and say themselves where they belong.
do $$
declare
    found text;
begin
    for found in
        select conname from pg_constraint
        where conrelid = 'public.calendar_sync_conflicts'::regclass and contype = 'f'
            and confrelid in ('public.calendar_event_mappings'::regclass, 'public.calendar_connections'::regclass)
    loop
        execute format('alter table public.calendar_sync_conflicts drop constraint %I', found);
    end loop;

    alter table public.calendar_sync_conflicts
        alter column mapping_id drop not null,
        alter column connection_id drop not null,
        add constraint calendar_sync_conflicts_mapping_id_fkey
            foreign key (mapping_id) references public.calendar_event_mappings (id) on delete set null,
        add constraint calendar_sync_conflicts_connection_id_fkey
            foreign key (connection_id) references public.calendar_connections (id) on delete set null;

    update public.calendar_sync_conflicts conflict
    set space_id = connection.space_id,
        provider = connection.provider,
        event_id = (select m.rowan_event_id from public.calendar_event_mappings m where m.id = conflict.mapping_id),
        title = coalesce(conflict.rowan_version ->> 'title', conflict.external_version ->> 'title')
    from public.calendar_connections connection
    where connection.id = conflict.connection_id and conflict.space_id is null;

    alter table public.calendar_sync_conflicts alter column space_id set not null;
end
$$;

create or replace trigger update_calendar_sync_conflicts_updated_at
    before update on public.calendar_sync_conflicts
    for each row execute function public.update_updated_at_column();
