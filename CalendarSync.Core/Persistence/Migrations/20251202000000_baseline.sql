-- What Rowan and Supabase bring: roles, auth.uid(), users, spaces, members, events. Each object is made only where it is missing,
-- so on Rowan's own database this script changes nothing. Names and types are Rowan's.

do $$
declare
    wanted text;
begin
    foreach wanted in array array['anon', 'authenticated', 'service_role', 'calendarsync_api', 'calendarsync_worker'] loop
        begin
            if not exists (select from pg_roles where rolname = wanted) then
                execute format('create role %I nologin noinherit', wanted);
                if wanted = 'service_role' then
                    execute 'alter role service_role bypassrls';
                end if;
            end if;
        exception
            -- Roles belong to the cluster: another database of it may have made the role in this moment.
            when duplicate_object or unique_violation then null;
        end;
    end loop;
end
$$;

-- A host may become exactly one role. NOINHERIT: a session that has not chosen its role yet may read nothing.
-- The passwords come with the migrate verb; without them the two cannot log in.
do $$
begin
    if not pg_has_role('calendarsync_api', 'authenticated', 'member') then
        grant authenticated to calendarsync_api;
    end if;
    if not pg_has_role('calendarsync_worker', 'service_role', 'member') then
        grant service_role to calendarsync_worker;
    end if;
end
$$;

create schema if not exists auth;

do $$
begin
    if to_regclass('auth.users') is null then
        create table auth.users (
            id uuid primary key default gen_random_uuid(),
            email text unique,
            raw_user_meta_data jsonb,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now()
        );
        alter table auth.users enable row level security;
        grant select on auth.users to service_role;
    end if;

    if to_regprocedure('auth.uid()') is null then
        -- A pooled session keeps an empty string, not null, once the setting was used: hence nullif.
        create function auth.uid() returns uuid
            language sql stable
            as $f$
                select coalesce(
                    nullif(current_setting('request.jwt.claim.sub', true), ''),
                    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
            $f$;
        revoke all on function auth.uid() from public;
        grant execute on function auth.uid() to anon, authenticated, service_role, calendarsync_api, calendarsync_worker;
    end if;
end
$$;

grant usage on schema auth to anon, authenticated, service_role;
grant usage on schema public to anon, authenticated, service_role, calendarsync_api, calendarsync_worker;

-- Only helpers that run as their owner live here, and the secrets; nobody else may look in.
create schema if not exists calendar_private;
revoke all on schema calendar_private from public;

do $$
begin
    if to_regprocedure('public.update_updated_at_column()') is null then
        create function public.update_updated_at_column() returns trigger
            language plpgsql
            set search_path = ''
            as $f$
            begin
                new.updated_at = now();
                return new;
            end
            $f$;
        revoke all on function public.update_updated_at_column() from public;
    end if;
end
$$;

do $$
begin
    if to_regclass('public.users') is null then
        create table public.users (
            id uuid primary key,
            email text not null unique,
            name text not null,
            pronouns text,
            avatar_url text,
            color_theme text default 'emerald',
            timezone text default 'America/New_York',
            show_tasks_on_calendar boolean default true,
            show_chores_on_calendar boolean default true,
            calendar_task_filter jsonb default '{"categories":[],"priorities":[]}',
            calendar_chore_filter jsonb default '{"categories":[],"frequencies":[]}',
            default_reminder_offset text default '1_day_before',
            privacy_settings jsonb,
            created_at timestamptz default now(),
            updated_at timestamptz default now()
        );
    end if;

    if to_regclass('public.spaces') is null then
        create table public.spaces (
            id uuid primary key default gen_random_uuid(),
            name text not null,
            description text,
            type text default 'household',
            settings jsonb default '{}',
            created_by uuid references public.users (id) on delete set null,
            user_id uuid references public.users (id) on delete cascade,
            is_personal boolean default false,
            auto_created boolean default false,
            late_penalty_settings jsonb,
            created_at timestamptz default now(),
            updated_at timestamptz default now()
        );
    end if;

    if to_regclass('public.space_members') is null then
        create table public.space_members (
            space_id uuid not null references public.spaces (id) on delete cascade,
            user_id uuid not null references public.users (id) on delete cascade,
            role text default 'member',
            joined_at timestamptz default now(),
            primary key (space_id, user_id)
        );
        create index idx_space_members_user_space on public.space_members (user_id, space_id);
    end if;
end
$$;

-- The spaces of the user of this transaction. As a set, so that a policy asks once per statement, not once per row.
create or replace function public.calendar_spaces_of_user() returns setof uuid
    language sql stable security definer
    set search_path = ''
    as $$ select m.space_id from public.space_members m where m.user_id = auth.uid() $$;
revoke all on function public.calendar_spaces_of_user() from public, anon;
grant execute on function public.calendar_spaces_of_user() to authenticated, service_role;

do $$
begin
    if to_regprocedure('public.user_has_space_access(uuid)') is null then
        create function public.user_has_space_access(p_space_id uuid) returns boolean
            language sql stable security definer
            set search_path = ''
            as $f$ select exists (select from public.space_members m where m.space_id = p_space_id and m.user_id = auth.uid()) $f$;
        revoke all on function public.user_has_space_access(uuid) from public, anon;
        grant execute on function public.user_has_space_access(uuid) to authenticated, service_role;
    end if;

    if to_regprocedure('public.can_access_user_profile(uuid)') is null then
        create function public.can_access_user_profile(p_user_id uuid) returns boolean
            language sql stable security definer
            set search_path = ''
            as $f$
                select p_user_id = auth.uid() or exists (
                    select
                    from public.space_members mine
                    join public.space_members theirs on theirs.space_id = mine.space_id
                    where mine.user_id = auth.uid() and theirs.user_id = p_user_id)
            $f$;
        revoke all on function public.can_access_user_profile(uuid) from public, anon;
        grant execute on function public.can_access_user_profile(uuid) to authenticated, service_role;
    end if;
end
$$;

do $$
begin
    if not (select relrowsecurity from pg_class where oid = 'public.users'::regclass) then
        alter table public.users enable row level security;
        create policy users_select on public.users for select to authenticated using (public.can_access_user_profile(id));
        create policy users_insert_own on public.users for insert to authenticated with check (id = auth.uid());
        create policy users_update_own on public.users for update to authenticated using (id = auth.uid()) with check (id = auth.uid());
        grant select, insert, update on public.users to authenticated;
    end if;

    if not (select relrowsecurity from pg_class where oid = 'public.spaces'::regclass) then
        alter table public.spaces enable row level security;
        create policy spaces_select on public.spaces for select to authenticated
            using (id in (select public.calendar_spaces_of_user()));
        create policy spaces_update on public.spaces for update to authenticated
            using (exists (select from public.space_members m
                           where m.space_id = spaces.id and m.user_id = auth.uid() and m.role in ('owner', 'admin')));
        grant select, update on public.spaces to authenticated;
    end if;

    if not (select relrowsecurity from pg_class where oid = 'public.space_members'::regclass) then
        alter table public.space_members enable row level security;
        create policy space_members_select_own on public.space_members for select to authenticated using (user_id = auth.uid());
        grant select on public.space_members to authenticated;
    end if;

    grant select, insert, update, delete on public.users, public.spaces, public.space_members to service_role;
end
$$;

do $$
begin
    if to_regclass('public.events') is null then
        create table public.events (
            id uuid primary key default gen_random_uuid(),
            space_id uuid references public.spaces (id) on delete cascade,
            title text not null,
            description text,
            event_type text,
            start_time timestamptz not null,
            end_time timestamptz,
            location text,
            is_recurring boolean default false,
            recurrence_pattern text,
            assigned_to uuid references public.users (id) on delete set null,
            created_by uuid references public.users (id) on delete set null,
            created_at timestamptz default now(),
            updated_at timestamptz default now(),
            status text default 'not-started' check (status in ('not-started', 'in-progress', 'completed')),
            category text default 'personal' check (category in ('work', 'personal', 'family', 'health', 'social')),
            custom_color text,
            timezone text default 'UTC',
            deleted_at timestamptz,
            deleted_by uuid references auth.users (id),
            -- References to Rowan's expenses and bills, which a database without Rowan does not have.
            expense_id uuid,
            linked_bill_id uuid
        );
        create index idx_events_space_id on public.events (space_id);
        create index idx_events_space_start on public.events (space_id, start_time);
        create index idx_events_assigned_to on public.events (assigned_to);
        create trigger update_events_updated_at before update on public.events
            for each row execute function public.update_updated_at_column();

        alter table public.events enable row level security;
        create policy events_select on public.events for select to authenticated
            using (space_id in (select public.calendar_spaces_of_user()));
        create policy events_insert on public.events for insert to authenticated
            with check (space_id in (select public.calendar_spaces_of_user()));
        create policy events_update on public.events for update to authenticated
            using (space_id in (select public.calendar_spaces_of_user()))
            with check (space_id in (select public.calendar_spaces_of_user()));
        create policy events_delete on public.events for delete to authenticated
            using (space_id in (select public.calendar_spaces_of_user()));
        grant select, insert, update, delete on public.events to authenticated;
    end if;

    if to_regclass('public.recurring_event_exceptions') is null then
        create table public.recurring_event_exceptions (
            id uuid primary key default gen_random_uuid(),
            series_id uuid not null references public.events (id) on delete cascade,
            exception_date date not null,
            exception_type text not null check (exception_type in ('deleted', 'modified', 'rescheduled')),
            modified_event_id uuid references public.events (id),
            created_at timestamptz default now(),
            unique (series_id, exception_date)
        );

        alter table public.recurring_event_exceptions enable row level security;
        create policy recurring_event_exceptions_select on public.recurring_event_exceptions for select to authenticated
            using (series_id in (select e.id from public.events e));
        create policy recurring_event_exceptions_insert on public.recurring_event_exceptions for insert to authenticated
            with check (series_id in (select e.id from public.events e));
        create policy recurring_event_exceptions_delete on public.recurring_event_exceptions for delete to authenticated
            using (series_id in (select e.id from public.events e));
        grant select, insert, delete on public.recurring_event_exceptions to authenticated;
    end if;

    if to_regclass('public.in_app_notifications') is null then
        create table public.in_app_notifications (
            id uuid primary key default gen_random_uuid(),
            user_id uuid not null references public.users (id) on delete cascade,
            partnership_id uuid,
            type text not null check (type in ('task', 'event', 'message', 'shopping', 'meal', 'reminder', 'milestone',
                                               'goal_update', 'expense', 'bill_due', 'space_invite', 'system')),
            title text not null,
            content text not null,
            priority text default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
            is_read boolean default false,
            read_at timestamptz,
            space_id uuid references public.spaces (id) on delete set null,
            space_name text,
            related_item_id uuid,
            related_item_type text,
            action_url text,
            emoji text,
            sender_id uuid,
            sender_name text,
            metadata jsonb,
            created_at timestamptz default now(),
            updated_at timestamptz default now()
        );
        create index idx_in_app_notifications_user on public.in_app_notifications (user_id, created_at desc);

        alter table public.in_app_notifications enable row level security;
        create policy in_app_notifications_select_own on public.in_app_notifications for select to authenticated
            using (user_id = auth.uid());
        create policy in_app_notifications_insert_own on public.in_app_notifications for insert to authenticated
            with check (user_id = auth.uid());
        create policy in_app_notifications_update_own on public.in_app_notifications for update to authenticated
            using (user_id = auth.uid()) with check (user_id = auth.uid());
        create policy in_app_notifications_delete_own on public.in_app_notifications for delete to authenticated
            using (user_id = auth.uid());
        grant select, insert, update, delete on public.in_app_notifications to authenticated;
    end if;

    grant select, insert, update, delete
        on public.events, public.recurring_event_exceptions, public.in_app_notifications to service_role;
end
$$;
