-- The vault. The application encrypts (AES-256-GCM, keys outside the database); here lives ciphertext only, in a schema that no role may
-- enter, reached through functions that say who may. See docs/decisions on database isolation.

create table if not exists calendar_private.calendar_secrets (
    connection_id uuid not null references public.calendar_connections (id) on delete cascade,
    token_type text not null check (token_type in ('access_token', 'refresh_token', 'app_specific_password', 'cozi_password')),
    id uuid not null default gen_random_uuid() unique,
    -- The envelope that the application made: version, key id, nonce, ciphertext and tag.
    ciphertext text not null,
    description text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (connection_id, token_type)
);
alter table calendar_private.calendar_secrets enable row level security;
revoke all on calendar_private.calendar_secrets from public, anon, authenticated, service_role;

-- Rowan never managed to store a token, so its connections cannot be synced by anybody: their owners are asked to connect again.
update public.calendar_connections connection
set sync_status = 'token_expired', last_error_message = 'Please connect this calendar again.'
where connection.provider in ('google', 'apple', 'cozi')
    and connection.sync_status not in ('disconnected', 'token_expired')
    and not exists (select from calendar_private.calendar_secrets secret where secret.connection_id = connection.id);

-- Who is asking, inside a function that runs as its owner: there current_user is the owner, so the role that was chosen has to be read.
create or replace function calendar_private.caller_role() returns text
    language sql stable
    set search_path = ''
    as $$ select coalesce(nullif(nullif(current_setting('role', true), ''), 'none'), session_user) $$;
revoke all on function calendar_private.caller_role() from public;

-- For functions whose caller must have checked something that the database cannot: a password tried at the provider, an address
-- that is allowed, a rate limit. A browser that speaks to the database through another host is not such a caller.
create or replace function calendar_private.require_api_host() returns void
    language plpgsql stable
    set search_path = ''
    as $$
    begin
        if not pg_has_role(session_user, 'calendarsync_api', 'member') then
            raise exception 'This function is for the CalendarSync API only.' using errcode = 'insufficient_privilege';
        end if;
    end
    $$;
revoke all on function calendar_private.require_api_host() from public;

-- The API host stores and deletes secrets for the user that it acts for; the sync, for every connection.
create or replace function calendar_private.require_secret_owner(p_connection_id uuid) returns void
    language plpgsql stable
    set search_path = ''
    as $$
    begin
        if calendar_private.caller_role() in ('calendarsync_api', 'authenticated')
            and not exists (select from public.calendar_connections c where c.id = p_connection_id and c.user_id = auth.uid())
        then
            raise exception 'The connection belongs to somebody else.' using errcode = 'insufficient_privilege';
        end if;
    end
    $$;
revoke all on function calendar_private.require_secret_owner(uuid) from public;

drop function if exists public.store_oauth_token(uuid, text, text, text);
create function public.store_oauth_token(p_connection_id uuid, p_token_type text, p_token_value text, p_description text default null)
    returns uuid
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        stored uuid;
    begin
        perform calendar_private.require_secret_owner(p_connection_id);

        insert into calendar_private.calendar_secrets as secret (connection_id, token_type, ciphertext, description)
        values (p_connection_id, p_token_type, p_token_value, p_description)
        on conflict (connection_id, token_type) do update
            set ciphertext = excluded.ciphertext,
                description = coalesce(excluded.description, secret.description),
                updated_at = now()
        returning id into stored;

        update public.calendar_connections
        set access_token_vault_id = case when p_token_type = 'access_token' then stored else access_token_vault_id end,
            refresh_token_vault_id = case when p_token_type = 'refresh_token' then stored else refresh_token_vault_id end
        where id = p_connection_id
            and (p_token_type = 'access_token' and access_token_vault_id is distinct from stored
                or p_token_type = 'refresh_token' and refresh_token_vault_id is distinct from stored);
        return stored;
    end
    $$;

drop function if exists public.get_oauth_token(uuid, text);
create function public.get_oauth_token(p_connection_id uuid, p_token_type text) returns text
    language plpgsql stable security definer
    set search_path = ''
    as $$
    declare
        found_text text;
    begin
        select ciphertext into found_text
        from calendar_private.calendar_secrets
        where connection_id = p_connection_id and token_type = p_token_type;

        if found_text is null then
            raise exception 'No % is stored for connection %.', p_token_type, p_connection_id using errcode = 'no_data_found';
        end if;
        return found_text;
    end
    $$;

drop function if exists public.delete_oauth_tokens(uuid);
create function public.delete_oauth_tokens(p_connection_id uuid) returns void
    language plpgsql security definer
    set search_path = ''
    as $$
    begin
        perform calendar_private.require_secret_owner(p_connection_id);
        delete from calendar_private.calendar_secrets where connection_id = p_connection_id;
        update public.calendar_connections
        set access_token_vault_id = null, refresh_token_vault_id = null, token_expires_at = null
        where id = p_connection_id
            and (access_token_vault_id is not null or refresh_token_vault_id is not null or token_expires_at is not null);
    end
    $$;

revoke all on function public.store_oauth_token(uuid, text, text, text), public.get_oauth_token(uuid, text),
    public.delete_oauth_tokens(uuid) from public, anon, authenticated;
grant execute on function public.store_oauth_token(uuid, text, text, text), public.get_oauth_token(uuid, text),
    public.delete_oauth_tokens(uuid) to service_role;
grant execute on function public.store_oauth_token(uuid, text, text, text), public.delete_oauth_tokens(uuid) to calendarsync_api;

-- These three run with the caller's rights: row-level security lets a user reach the own connections only.
drop function if exists public.handle_token_expiry(uuid);
create function public.handle_token_expiry(p_connection_id uuid) returns void
    language plpgsql
    set search_path = ''
    as $$
    begin
        update public.calendar_connections set sync_status = 'token_expired' where id = p_connection_id and sync_status <> 'disconnected';
        if not found then
            raise exception 'No such connection, or it is disconnected or belongs to somebody else.'
                using errcode = 'insufficient_privilege';
        end if;
    end
    $$;

drop function if exists public.is_token_expired(uuid, integer);
create function public.is_token_expired(p_connection_id uuid, p_buffer_minutes integer default 5) returns boolean
    language sql stable
    set search_path = ''
    as $$
        select coalesce(bool_or(token_expires_at <= now() + make_interval(mins => p_buffer_minutes)), false)
        from public.calendar_connections
        where id = p_connection_id
    $$;

drop function if exists public.update_token_expiry(uuid, integer);
create function public.update_token_expiry(p_connection_id uuid, p_expires_in_seconds integer) returns void
    language plpgsql
    set search_path = ''
    as $$
    begin
        update public.calendar_connections
        set token_expires_at = now() + make_interval(secs => p_expires_in_seconds), sync_status = 'active'
        where id = p_connection_id and sync_status <> 'disconnected';
        if not found then
            raise exception 'No such connection, or it is disconnected or belongs to somebody else.'
                using errcode = 'insufficient_privilege';
        end if;
    end
    $$;

revoke all on function public.handle_token_expiry(uuid), public.is_token_expired(uuid, integer),
    public.update_token_expiry(uuid, integer) from public, anon;
grant execute on function public.handle_token_expiry(uuid), public.is_token_expired(uuid, integer),
    public.update_token_expiry(uuid, integer) to authenticated, service_role;
