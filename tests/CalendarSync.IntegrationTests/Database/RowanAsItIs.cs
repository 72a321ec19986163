namespace CalendarSync.IntegrationTests.Database;

/// <summary>
/// Rowan's own database as it may stand in production: Supabase's schemas and defaults, Rowan's tables, types, functions, policies and
/// triggers with their defects, and rows of a family that used it. Names and types are Rowan's; the SQL is written for this test.
/// </summary>
internal static class RowanAsItIs
{
    /// <summary>What hosted Supabase brings. Its roles exist on every cluster that was migrated once.</summary>
    public const string Supabase =
        """
        do $$
        declare wanted text;
        begin
            foreach wanted in array array['anon', 'authenticated', 'service_role'] loop
                if not exists (select from pg_roles where rolname = wanted) then
                    execute format('create role %I nologin noinherit', wanted);
                end if;
            end loop;
            if not (select rolbypassrls from pg_roles where rolname = 'service_role') then
                alter role service_role bypassrls;
            end if;
        end
        $$;

        -- Everything that is made from here on is open to everybody: the reason for all the revokes.
        grant usage on schema public to anon, authenticated, service_role;
        alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
        alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
        alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;

        create schema auth;
        create table auth.users (id uuid primary key, aud text, role text, email text, encrypted_password text, raw_user_meta_data jsonb, created_at timestamptz);
        alter table auth.users enable row level security;
        create function auth.uid() returns uuid language sql stable as
            $$ select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
        grant usage on schema auth to anon, authenticated, service_role;
        """;

    /// <summary>Rowan before the calendar integration.</summary>
    public const string Family =
        """
        create table public.users (
            id uuid primary key, email text unique not null, name text not null, pronouns text, avatar_url text, color_theme text default 'emerald',
            timezone text default 'America/New_York', privacy_settings jsonb, created_at timestamptz default now(), updated_at timestamptz default now());
        create table public.spaces (
            id uuid primary key default gen_random_uuid(), name text not null, description text, type text default 'household', settings jsonb default '{}',
            created_by uuid references public.users, user_id uuid references public.users, is_personal bool default false, auto_created bool default false,
            created_at timestamptz default now(), updated_at timestamptz default now());
        create table public.space_members (
            space_id uuid references public.spaces on delete cascade, user_id uuid references public.users on delete cascade,
            role text default 'member', joined_at timestamptz default now(), primary key (space_id, user_id));
        create table public.expenses (id uuid primary key default gen_random_uuid());
        create table public.bills (id uuid primary key default gen_random_uuid());
        create table public.events (
            id uuid primary key default gen_random_uuid(), space_id uuid references public.spaces on delete cascade, title text not null, description text,
            event_type text, start_time timestamptz not null, end_time timestamptz, location text, is_recurring boolean default false, recurrence_pattern text,
            assigned_to uuid references public.users on delete set null, created_by uuid references public.users on delete set null,
            created_at timestamptz default now(), updated_at timestamptz default now(),
            status text default 'not-started' check (status in ('not-started', 'in-progress', 'completed')), category text default 'personal',
            custom_color text, timezone text default 'UTC', deleted_at timestamptz, deleted_by uuid references auth.users,
            expense_id uuid references public.expenses on delete cascade, linked_bill_id uuid references public.bills on delete cascade,
            show_countdown boolean, countdown_label text, all_day boolean, is_all_day boolean);
        create table public.recurring_event_exceptions (
            id uuid primary key default gen_random_uuid(), series_id uuid not null references public.events on delete cascade, exception_date date not null,
            exception_type text not null check (exception_type in ('deleted', 'modified', 'rescheduled')), modified_event_id uuid references public.events,
            created_at timestamptz default now(), unique (series_id, exception_date));
        create table public.in_app_notifications (
            id uuid primary key default gen_random_uuid(), user_id uuid not null references public.users, type text not null, title text not null,
            content text not null, priority text default 'normal', is_read bool default false, read_at timestamptz,
            space_id uuid references public.spaces on delete set null, related_item_id uuid, related_item_type text, action_url text, emoji text,
            metadata jsonb, created_at timestamptz default now(), updated_at timestamptz default now());

        create function public.update_updated_at_column() returns trigger language plpgsql as $$ begin new.updated_at = now(); return new; end $$;
        create trigger update_events_updated_at before update on public.events for each row execute function public.update_updated_at_column();
        create function public.user_has_space_access(p_space_id uuid) returns boolean language sql security definer as
            $$ select exists (select 1 from public.space_members where space_id = p_space_id and user_id = auth.uid()) $$;

        alter table public.users enable row level security;
        create policy users_select on public.users for select using (id = auth.uid());
        alter table public.spaces enable row level security;
        create policy spaces_select on public.spaces for select using (public.user_has_space_access(id));
        alter table public.space_members enable row level security;
        create policy "members see own" on public.space_members for select using (user_id = auth.uid());
        alter table public.events enable row level security;
        create policy events_all on public.events for all using (public.user_has_space_access(space_id));
        alter table public.recurring_event_exceptions enable row level security;
        create policy exceptions_select on public.recurring_event_exceptions for select
            using (exists (select 1 from public.events e where e.id = series_id and public.user_has_space_access(e.space_id)));
        alter table public.in_app_notifications enable row level security;
        create policy notifications_own on public.in_app_notifications for all using (user_id = auth.uid());
        """;

    /// <summary>Rowan's calendar integration, as far as its files can be applied, with its defects.</summary>
    public const string Integration =
        """
        create type public.calendar_provider as enum ('google', 'apple', 'cozi');
        create type public.sync_status_type as enum ('active', 'syncing', 'error', 'token_expired', 'disconnected');
        create type public.sync_direction_type as enum ('bidirectional', 'inbound_only', 'outbound_only');
        alter type public.calendar_provider add value 'outlook';
        alter type public.calendar_provider add value 'ics';
        create table public.calendar_connections (
            id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users on delete cascade,
            space_id uuid not null references public.spaces on delete cascade, provider public.calendar_provider not null, provider_account_id text,
            provider_calendar_id text, access_token_vault_id uuid, refresh_token_vault_id uuid, token_expires_at timestamptz,
            sync_direction public.sync_direction_type not null default 'bidirectional', sync_status public.sync_status_type not null default 'active',
            sync_token text, last_sync_at timestamptz, next_sync_at timestamptz, webhook_channel_id text, webhook_resource_id text,
            webhook_expires_at timestamptz, created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
            sync_enabled boolean, last_error text, last_error_message text, provider_config jsonb,
            constraint unique_user_provider_space unique (user_id, provider, space_id));
        create trigger update_calendar_connections_updated_at before update on public.calendar_connections
            for each row execute function public.update_updated_at_column();

        create table public.calendar_event_mappings (
            id uuid primary key default gen_random_uuid(), rowan_event_id uuid not null references public.events on delete cascade,
            connection_id uuid not null references public.calendar_connections on delete cascade, external_event_id text not null,
            external_calendar_id text not null, sync_direction public.sync_direction_type default 'bidirectional', rowan_etag text, external_etag text,
            last_synced_at timestamptz not null default now(), has_conflict bool not null default false, conflict_detected_at timestamptz,
            created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
            constraint unique_rowan_event_connection unique (rowan_event_id, connection_id),
            constraint unique_external_event unique (connection_id, external_event_id));

        create type public.sync_type as enum ('full', 'incremental', 'manual', 'webhook_triggered');
        create type public.sync_log_status as enum ('pending', 'in_progress', 'completed', 'failed', 'partial');
        create table public.calendar_sync_logs (
            id uuid primary key default gen_random_uuid(), connection_id uuid not null references public.calendar_connections on delete cascade,
            sync_type public.sync_type not null, sync_direction public.sync_direction_type not null, started_at timestamptz not null default now(),
            completed_at timestamptz, status public.sync_log_status not null default 'pending', events_created int not null default 0,
            events_updated int not null default 0, events_deleted int not null default 0, conflicts_detected int not null default 0, error_code text,
            error_message text, error_details jsonb, triggered_by text, duration_ms int, created_at timestamptz not null default now());
        create index idx_calendar_sync_logs_connection_created on public.calendar_sync_logs (connection_id, created_at);
        create function public.calculate_sync_log_duration() returns trigger language plpgsql as $$
            begin
                if new.completed_at is not null and old.completed_at is null then
                    new.duration_ms = extract(epoch from (new.completed_at - new.started_at)) * 1000;
                end if;
                return new;
            end $$;
        create trigger calculate_sync_log_duration before update on public.calendar_sync_logs
            for each row execute function public.calculate_sync_log_duration();
        create function public.cleanup_old_sync_logs() returns integer language plpgsql as
            $$ begin delete from public.calendar_sync_logs where created_at < now() - interval '90 days'; return 0; end $$;

        create type public.resolution_status as enum ('detected', 'resolved', 'failed');
        create type public.winning_source as enum ('external', 'rowan', 'merged', 'manual');
        create type public.resolution_strategy as enum ('external_wins', 'rowan_wins', 'merge', 'manual_review');
        create table public.calendar_sync_conflicts (
            id uuid primary key default gen_random_uuid(), mapping_id uuid not null references public.calendar_event_mappings on delete cascade,
            connection_id uuid not null references public.calendar_connections on delete cascade, detected_at timestamptz not null default now(),
            resolved_at timestamptz, resolution_status public.resolution_status not null default 'detected', rowan_version jsonb not null,
            external_version jsonb not null, winning_source public.winning_source,
            resolution_strategy public.resolution_strategy not null default 'external_wins', resolved_by uuid references auth.users,
            resolution_notes text, created_at timestamptz not null default now(), updated_at timestamptz not null default now());
        create function public.resolve_calendar_conflict(
            conflict_id uuid, p_winning_source public.winning_source, p_resolved_by uuid default null, p_notes text default null)
            returns public.calendar_sync_conflicts language sql security definer as
            $$ update public.calendar_sync_conflicts set winning_source = p_winning_source where id = conflict_id returning * $$;

        create table public.calendar_webhook_subscriptions (
            id uuid primary key default gen_random_uuid(), connection_id uuid not null references public.calendar_connections on delete cascade,
            provider public.calendar_provider default 'google', webhook_id text not null unique, webhook_url text not null, webhook_secret text not null,
            resource_id text not null, expires_at timestamptz not null, is_active bool not null default true, events_received int not null default 0,
            last_event_at timestamptz, renewal_attempted_at timestamptz, renewal_error text, created_at timestamptz default now(),
            updated_at timestamptz default now(), constraint unique_connection_webhook unique (connection_id));

        create function public.store_oauth_token(p_connection_id uuid, p_token_type text, p_token_value text, p_description text default null)
            returns uuid language plpgsql security definer as $$ begin raise exception 'the vault is empty'; end $$;
        create function public.get_oauth_token(p_connection_id uuid, p_token_type text) returns text language sql security definer as $$ select 'clear'::text $$;
        create function public.delete_oauth_tokens(p_connection_id uuid) returns void language sql security definer as $$ $$;
        create function public.handle_token_expiry(p_connection_id uuid) returns void language sql security definer as $$ $$;
        create function public.is_token_expired(p_connection_id uuid, p_buffer_minutes int default 5) returns bool language sql security definer as $$ select false $$;
        create function public.update_token_expiry(p_connection_id uuid, p_expires_in_seconds int) returns void language sql security definer as $$ $$;

        alter table public.events
            add column external_source public.calendar_provider, add column sync_locked boolean not null default false, add column last_external_sync timestamptz;
        create function public.lock_event_for_sync(p_event_id uuid) returns boolean language sql as $$ select true $$;
        create function public.unlock_event_after_sync(p_event_id uuid, p_mark_synced bool default true) returns boolean language sql as $$ select true $$;
        create function public.unlock_all_sync_locked_events() returns integer language sql as $$ select 0 $$;

        create type public.queue_operation as enum ('create', 'update', 'delete');
        create type public.queue_status as enum ('pending', 'processing', 'completed', 'failed');
        create table public.calendar_sync_queue (
            id uuid primary key default gen_random_uuid(), event_id uuid references public.events on delete cascade,
            connection_id uuid not null references public.calendar_connections on delete cascade,
            mapping_id uuid references public.calendar_event_mappings on delete set null, operation public.queue_operation not null,
            priority int not null default 5, status public.queue_status not null default 'pending', event_snapshot jsonb, retry_count int default 0,
            max_retries int default 3, last_error text, next_retry_at timestamptz, created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(), processed_at timestamptz);
        create index idx_calendar_sync_queue_pending on public.calendar_sync_queue (priority, created_at) where status = 'pending';
        create function public.calculate_sync_priority(p_event_id uuid, p_operation public.queue_operation) returns int language plpgsql as
            $$ declare starts timestamptz; begin select start_date into starts from public.events where id = p_event_id; return 1; end $$;
        create function public.queue_calendar_sync_on_change() returns trigger language plpgsql as $$
            begin
                insert into public.calendar_sync_queue (event_id, connection_id, operation, priority)
                select coalesce(new.id, old.id), c.id, lower(tg_op)::public.queue_operation, public.calculate_sync_priority(coalesce(new.id, old.id), 'update')
                from public.calendar_connections c
                where c.space_id = coalesce(new.space_id, old.space_id) and c.sync_status = 'active'
                on conflict do nothing;
                return coalesce(new, old);
            end $$;
        create function public.get_pending_sync_queue_items(p_limit int default 10) returns setof public.calendar_sync_queue language sql as
            $$ select * from public.calendar_sync_queue limit p_limit $$;
        create function public.mark_queue_item_processing(p_queue_id uuid) returns boolean language sql as $$ select true $$;
        create function public.mark_queue_item_completed(p_queue_id uuid) returns boolean language sql as $$ select true $$;
        create function public.mark_queue_item_failed(p_queue_id uuid, p_error_message text) returns boolean language sql as $$ select true $$;
        create function public.cleanup_completed_queue_items() returns int language sql as $$ select 0 $$;

        alter table public.calendar_connections enable row level security;
        create policy "Users can view connections in their spaces" on public.calendar_connections for select to authenticated
            using (public.user_has_space_access(space_id));
        create policy "Users can insert own connections" on public.calendar_connections for insert to authenticated with check (user_id = auth.uid());
        alter table public.calendar_event_mappings enable row level security;
        create policy "Users can view mappings" on public.calendar_event_mappings for select to authenticated using (true);
        alter table public.calendar_sync_logs enable row level security;
        create policy "Users can view logs" on public.calendar_sync_logs for select to authenticated using (true);
        alter table public.calendar_sync_conflicts enable row level security;
        create policy "Users can update conflicts" on public.calendar_sync_conflicts for all to authenticated using (true);
        alter table public.calendar_webhook_subscriptions enable row level security;
        create policy "Users can view subscriptions" on public.calendar_webhook_subscriptions for select to authenticated using (true);
        alter table public.calendar_sync_queue enable row level security;
        create policy "Users can view queue" on public.calendar_sync_queue for select to authenticated using (true);
        """;

    /// <summary>A family with a Google, an Outlook and an ICS connection. Then the trigger, which from there on breaks every edit.</summary>
    public const string Rows =
        """
        insert into auth.users (id, email) values ('00000000-0000-0000-0000-00000000000a', 'a@example.com'), ('00000000-0000-0000-0000-00000000000b', 'b@example.com');
        insert into public.users (id, email, name) select id, email, 'canary' from auth.users;
        insert into public.spaces (id, name) values ('00000000-0000-0000-0000-0000000000f1', 'canary'), ('00000000-0000-0000-0000-0000000000f2', 'canary');
        insert into public.space_members (space_id, user_id, role) values
            ('00000000-0000-0000-0000-0000000000f1', '00000000-0000-0000-0000-00000000000a', 'owner'),
            ('00000000-0000-0000-0000-0000000000f2', '00000000-0000-0000-0000-00000000000b', 'owner');
        insert into public.events (id, space_id, title, start_time, all_day) values
            ('00000000-0000-0000-0000-0000000000e1', '00000000-0000-0000-0000-0000000000f1', 'canary-1', '2026-01-01', null),
            ('00000000-0000-0000-0000-0000000000e2', '00000000-0000-0000-0000-0000000000f1', 'canary-2', '2026-01-02', true);
        insert into public.calendar_connections (id, user_id, space_id, provider, sync_enabled, provider_config, sync_token, next_sync_at) values
            ('00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-0000000000f1', 'google', null, null, 'token', null),
            ('00000000-0000-0000-0000-0000000000c2', '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-0000000000f1', 'outlook', true, '{"a":1}', 'delta', '2026-01-01'),
            ('00000000-0000-0000-0000-0000000000c3', '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-0000000000f1', 'ics', true, '{"url":"x"}', null, null);
        insert into public.calendar_event_mappings (id, rowan_event_id, connection_id, external_event_id, external_calendar_id) values
            ('00000000-0000-0000-0000-0000000000d1', '00000000-0000-0000-0000-0000000000e1', '00000000-0000-0000-0000-0000000000c1', 'g-1', 'primary');
        insert into public.calendar_sync_logs (connection_id, sync_type, sync_direction, started_at, completed_at, status, events_created, triggered_by, duration_ms, created_at)
        select '00000000-0000-0000-0000-0000000000c1', 'full', 'bidirectional', at, at + interval '1 second', 'completed', n, 'sync_service', 1234, at
        from (select n, now() - make_interval(days => n * 20) as at from generate_series(0, 9) n) t;
        insert into public.calendar_sync_conflicts (mapping_id, connection_id, rowan_version, external_version) values
            ('00000000-0000-0000-0000-0000000000d1', '00000000-0000-0000-0000-0000000000c1', '{"title":"canary-1"}', '{"title":"canary-x"}');
        insert into public.calendar_webhook_subscriptions (connection_id, webhook_id, webhook_url, webhook_secret, resource_id, expires_at) values
            ('00000000-0000-0000-0000-0000000000c1', 'channel', 'https://example.com', 'canary-secret', 'resource', now());
        insert into public.calendar_sync_queue (event_id, connection_id, operation, status, created_at) values
            ('00000000-0000-0000-0000-0000000000e1', '00000000-0000-0000-0000-0000000000c1', 'create', 'pending', '2026-01-01'),
            ('00000000-0000-0000-0000-0000000000e1', '00000000-0000-0000-0000-0000000000c1', 'update', 'processing', '2026-01-02'),
            ('00000000-0000-0000-0000-0000000000e1', '00000000-0000-0000-0000-0000000000c1', 'update', 'completed', '2026-01-02'),
            (null, '00000000-0000-0000-0000-0000000000c1', 'delete', 'failed', '2026-01-03');
        create trigger trigger_queue_calendar_sync after insert or update or delete on public.events
            for each row execute function public.queue_calendar_sync_on_change();
        """;
}
