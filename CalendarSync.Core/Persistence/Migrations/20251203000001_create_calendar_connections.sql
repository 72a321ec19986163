-- One user's account at one provider, in one space.

do $$
begin
    if to_regtype('public.calendar_provider') is null then
        create type public.calendar_provider as enum ('google', 'apple', 'cozi', 'outlook', 'ics');
    end if;
    if to_regtype('public.sync_status_type') is null then
        create type public.sync_status_type as enum ('active', 'syncing', 'error', 'token_expired', 'disconnected');
    end if;
    if to_regtype('public.sync_direction_type') is null then
        create type public.sync_direction_type as enum ('bidirectional', 'inbound_only', 'outbound_only');
    end if;
end
$$;

-- Rowan itself syncs these two; their rows are left alone.
alter type public.calendar_provider add value if not exists 'outlook';
alter type public.calendar_provider add value if not exists 'ics';

create table if not exists public.calendar_connections (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    space_id uuid not null references public.spaces (id) on delete cascade,
    provider public.calendar_provider not null,
    provider_account_id text,
    provider_calendar_id text,
    access_token_vault_id uuid,
    refresh_token_vault_id uuid,
    token_expires_at timestamptz,
    sync_direction public.sync_direction_type not null default 'bidirectional',
    sync_status public.sync_status_type not null default 'active',
    sync_token text,
    last_sync_at timestamptz,
    next_sync_at timestamptz,
    webhook_channel_id text,
    webhook_resource_id text,
    webhook_expires_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint unique_user_provider_space unique (user_id, provider, space_id)
);

-- Columns that Rowan's code uses and its migrations never made.
alter table public.calendar_connections
    add column if not exists sync_enabled boolean not null default true,
    add column if not exists last_error text,
    add column if not exists last_error_message text,
    add column if not exists oauth_state_nonce text,
    add column if not exists oauth_state_created_at timestamptz,
    add column if not exists provider_config jsonb,
    add column if not exists ics_url text,
    add column if not exists ics_name text;

update public.calendar_connections set sync_enabled = true where sync_enabled is null;
alter table public.calendar_connections
    alter column sync_enabled set default true,
    alter column sync_enabled set not null,
    -- A new connection is due at once; with Rowan's null it never was.
    alter column next_sync_at set default now();

create or replace trigger update_calendar_connections_updated_at
    before update on public.calendar_connections
    for each row execute function public.update_updated_at_column();
