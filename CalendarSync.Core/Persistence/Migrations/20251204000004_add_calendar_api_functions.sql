-- What the API does for a user in one piece: connect, ask for a pass, disconnect. The functions run as their owner and check the user.

-- The owner of the connection, and the owner and admins of its space.
create or replace function calendar_private.may_manage_connection(p_connection_id uuid) returns boolean
    language sql stable
    set search_path = ''
    as $$
        select exists (
            select
            from public.calendar_connections c
            join public.space_members m on m.space_id = c.space_id and m.user_id = auth.uid()
            where c.id = p_connection_id and (c.user_id = auth.uid() or m.role in ('owner', 'admin')))
    $$;
revoke all on function calendar_private.may_manage_connection(uuid) from public;

-- Makes the user's connection, or revives the one that was disconnected.
-- p_id: the id of a new row, or that of the disconnected row, because the ciphertext is bound to it; a row that appeared in between
--   raises 40001 and the caller starts again.
-- p_calendars: [{"external_calendar_id", "name", "color", "time_zone", "read_only", "is_primary", "selected", "is_target"}], the
--   first two required; without a target the first writable selected one becomes it.
-- Raises 42501 for a space of others, 23505 when the user has a living connection of this provider and space.
create or replace function public.create_calendar_connection(
    p_id uuid, p_space_id uuid, p_provider text, p_account_id text, p_direction text, p_server_url text, p_calendars jsonb,
    p_secret_type text, p_secret_ciphertext text)
    returns uuid
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        connection uuid;
    begin
        perform calendar_private.require_api_host();
        if auth.uid() is null
            or not exists (select from public.space_members m where m.space_id = p_space_id and m.user_id = auth.uid())
        then
            raise exception 'The user is not a member of this space.' using errcode = 'insufficient_privilege';
        end if;
        if p_provider not in ('google', 'apple', 'cozi') then
            raise exception 'Not a provider of ours: %.', p_provider using errcode = 'invalid_parameter_value';
        end if;

        -- One statement decides between two requests that come at once.
        insert into public.calendar_connections as c
            (id, user_id, space_id, provider, provider_account_id, server_url, sync_direction, sync_status, next_sync_at,
             sync_requested_at, sync_requested_type, credentials_updated_at)
        values
            (p_id, auth.uid(), p_space_id, p_provider::public.calendar_provider, p_account_id, p_server_url,
             p_direction::public.sync_direction_type, 'active', now(), clock_timestamp(), 'full', now())
        on conflict (user_id, provider, space_id) do update
            set provider_account_id = excluded.provider_account_id,
                provider_calendar_id = null,
                server_url = excluded.server_url,
                sync_direction = excluded.sync_direction,
                sync_status = 'active',
                sync_enabled = true,
                sync_token = null,
                token_expires_at = null,
                last_sync_at = null,
                last_started_at = null,
                initial_sync_completed_at = null,
                next_sync_at = excluded.next_sync_at,
                sync_requested_at = excluded.sync_requested_at,
                sync_requested_type = excluded.sync_requested_type,
                credentials_updated_at = excluded.credentials_updated_at,
                consecutive_failures = 0,
                last_error = null,
                last_error_code = null,
                last_error_message = null,
                progress = null,
                fence = c.fence + 1,
                lease_until = null,
                lease_owner = null
            where c.sync_status = 'disconnected'
        returning c.id into connection;

        if connection is null then
            raise exception 'The user has this provider connected to the space already.'
                using errcode = 'unique_violation', constraint = 'unique_user_provider_space', table = 'calendar_connections';
        end if;
        if connection <> p_id then
            raise exception 'The connection has another id.' using errcode = 'serialization_failure';
        end if;

        delete from public.calendar_connection_calendars where connection_id = connection;
        insert into public.calendar_connection_calendars
            (connection_id, external_calendar_id, name, color, time_zone, read_only, is_primary, selected, is_target)
        select
            connection, entry.external_calendar_id, entry.name, entry.color, entry.time_zone, coalesce(entry.read_only, false),
            coalesce(entry.is_primary, false), coalesce(entry.selected, true), coalesce(entry.is_target, false)
        from jsonb_to_recordset(p_calendars) as entry(
            external_calendar_id text, name text, color text, time_zone text, read_only boolean, is_primary boolean, selected boolean,
            is_target boolean);

        update public.calendar_connection_calendars
        set is_target = true
        where connection_id = connection
            and not exists (select from public.calendar_connection_calendars t where t.connection_id = connection and t.is_target)
            and external_calendar_id = (
                select entry.value ->> 'external_calendar_id'
                from jsonb_array_elements(p_calendars) with ordinality as entry(value, position)
                where not coalesce((entry.value ->> 'read_only')::boolean, false) and coalesce((entry.value ->> 'selected')::boolean, true)
                order by coalesce((entry.value ->> 'is_primary')::boolean, false) desc, entry.position
                limit 1);

        update public.calendar_connections c
        set provider_calendar_id = (
            select t.external_calendar_id from public.calendar_connection_calendars t where t.connection_id = connection and t.is_target)
        where c.id = connection;

        perform public.store_oauth_token(connection, p_secret_type, p_secret_ciphertext);
        return connection;
    end
    $$;

-- Asks for a pass as soon as possible and returns the moment of the request: a pass that starts later has seen it.
-- Raises 42501 for anyone but the owner and the space's owner and admins, 55000 for a disconnected connection.
create or replace function public.request_calendar_sync(p_connection_id uuid, p_full boolean) returns timestamptz
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        requested timestamptz;
    begin
        perform calendar_private.require_api_host();
        if not calendar_private.may_manage_connection(p_connection_id) then
            raise exception 'Only the owner of the connection or an admin of the space may do this.'
                using errcode = 'insufficient_privilege';
        end if;

        update public.calendar_connections
        set sync_requested_at = clock_timestamp(),
            -- A full compare that no pass has finished yet is not forgotten; the pass that did it clears the column.
            sync_requested_type = case when p_full or sync_requested_type = 'full' then 'full' else 'manual' end::public.sync_type
        where id = p_connection_id and sync_status <> 'disconnected'
        returning sync_requested_at into requested;

        if requested is null then
            raise exception 'The connection is disconnected.' using errcode = 'object_not_in_prerequisite_state';
        end if;
        return requested;
    end
    $$;

-- Ends a connection and clears what hangs on it; conflicts and logs stay readable. Returns how many events are no longer synced.
-- p_delete_events: the events that were imported through this connection go to the trash, except those that another calendar, which is
--   still connected, holds as its own.
-- Raises 42501 for anyone but the owner and the space's owner and admins.
create or replace function public.disconnect_calendar(p_connection_id uuid, p_delete_events boolean) returns integer
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        connection public.calendar_connections;
        unsynced integer;
    begin
        perform calendar_private.require_api_host();
        if not calendar_private.may_manage_connection(p_connection_id) then
            raise exception 'Only the owner of the connection or an admin of the space may do this.'
                using errcode = 'insufficient_privilege';
        end if;

        -- Waits for the page that a pass is committing, and the next one meets the new fence. NO KEY UPDATE and not UPDATE: an edit
        -- that queues work for this connection holds a key lock on it through its foreign key, and its event, which is wanted below.
        select * into connection from public.calendar_connections where id = p_connection_id for no key update;

        -- First of all, so that the changes of events below queue nothing for this connection.
        update public.calendar_connections
        set sync_status = 'disconnected', fence = fence + 1, lease_until = null, lease_owner = null, sync_token = null,
            sync_requested_at = null, sync_requested_type = null, next_sync_at = null, progress = null, token_expires_at = null,
            consecutive_failures = 0, last_error = null, last_error_code = null, last_error_message = null,
            webhook_channel_id = null, webhook_resource_id = null, webhook_expires_at = null
        where id = p_connection_id;

        select count(*) into unsynced
        from public.calendar_event_mappings where connection_id = p_connection_id and state = 'active';

        with fate as (
            select mapped.rowan_event_id, mapped.other_source,
                p_delete_events and mapped.origin = 'imported' and mapped.state = 'active' and mapped.other_source is null as doomed
            from (
                select mapping.rowan_event_id, mapping.origin, mapping.state,
                    -- Where else the event was born or found, if that calendar is still connected.
                    (select other.provider
                     from public.calendar_event_mappings held
                     join public.calendar_connections other on other.id = held.connection_id
                     where held.rowan_event_id = mapping.rowan_event_id and held.connection_id <> p_connection_id
                        and held.origin in ('imported', 'matched') and held.state = 'active' and other.sync_status <> 'disconnected'
                     order by held.created_at, held.id
                     limit 1) as other_source
                from public.calendar_event_mappings mapping
                where mapping.connection_id = p_connection_id
            ) mapped
        )
        update public.events e
        set external_source = case when e.external_source = connection.provider then fate.other_source else e.external_source end,
            sync_locked = false,
            deleted_at = case when fate.doomed then coalesce(e.deleted_at, now()) else e.deleted_at end,
            deleted_by = case when fate.doomed and e.deleted_at is null then auth.uid() else e.deleted_by end
        from fate
        where e.id = fate.rowan_event_id
            and (fate.doomed or e.external_source = connection.provider or e.sync_locked);

        delete from calendar_private.calendar_secrets where connection_id = p_connection_id;
        update public.calendar_connections set access_token_vault_id = null, refresh_token_vault_id = null where id = p_connection_id;
        delete from public.calendar_sync_queue where connection_id = p_connection_id;
        delete from public.calendar_sync_errors where connection_id = p_connection_id;
        delete from public.calendar_webhook_subscriptions where connection_id = p_connection_id;
        delete from public.calendar_event_mappings where connection_id = p_connection_id;
        delete from public.calendar_connection_calendars where connection_id = p_connection_id;
        return unsynced;
    end
    $$;

revoke all on function
    public.create_calendar_connection(uuid, uuid, text, text, text, text, jsonb, text, text),
    public.request_calendar_sync(uuid, boolean), public.disconnect_calendar(uuid, boolean)
    from public, anon;
grant execute on function
    public.create_calendar_connection(uuid, uuid, text, text, text, text, jsonb, text, text),
    public.request_calendar_sync(uuid, boolean), public.disconnect_calendar(uuid, boolean)
    to authenticated;
