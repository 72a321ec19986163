-- Calendars of an account come, go, and are chosen by a person; settings of a connection, and a new password for it.

alter table public.calendar_connections
    -- When the account's list of calendars was last read.
    add column if not exists calendars_listed_at timestamptz,
    -- Somebody has said which calendars to sync: from then on a new one waits to be chosen.
    add column if not exists calendars_chosen boolean not null default false,
    -- The choice of a connection that was disconnected, for when the same account comes back: {"target", "calendars": {id: selected}}.
    add column if not exists calendar_choice jsonb;

alter table public.calendar_connection_calendars
    -- Not among the account's calendars any more. The row and the mappings stay: some servers bring a calendar back with all its events.
    add column if not exists removed_at timestamptz,
    -- Back after that, and not compared yet.
    add column if not exists returned boolean not null default false;
grant select (removed_at) on public.calendar_connection_calendars to authenticated;
update public.calendar_connection_calendars set is_target = false where is_target and not selected;

-- Decides where new events of Rowan go: to the calendar that was wished for (calendar_connections.provider_calendar_id) while it can be
-- written, else where they go now, else to another one, the account's own first. Edits that waited for a calendar go out.
-- Returns how many do. The caller holds the connection.
create or replace function public.settle_calendar_target(p_connection_id uuid) returns integer
    language plpgsql
    set search_path = ''
    as $$
    declare
        chosen text;
        released integer;
    begin
        select k.external_calendar_id into chosen
        from public.calendar_connection_calendars k
        join public.calendar_connections c on c.id = k.connection_id
        where k.connection_id = p_connection_id and k.selected and k.removed_at is null and not k.read_only
        order by k.external_calendar_id is not distinct from c.provider_calendar_id desc, k.is_target desc, k.is_primary desc, k.created_at,
            k.name, k.external_calendar_id
        limit 1;

        -- Two statements: there may be one target only, at any moment.
        update public.calendar_connection_calendars set is_target = false
        where connection_id = p_connection_id and is_target and external_calendar_id is distinct from chosen;
        update public.calendar_connection_calendars set is_target = true
        where connection_id = p_connection_id and not is_target and external_calendar_id = chosen;

        update public.calendar_sync_queue item
        set status = 'pending', retry_count = 0, next_retry_at = null, last_error = null
        from public.calendar_sync_errors failed
        where chosen is not null and failed.connection_id = p_connection_id and failed.direction = 'outbound'
            and failed.code = 'no_writable_calendar' and failed.resolved_at is null
            and item.connection_id = p_connection_id and item.event_id = failed.rowan_event_id and item.status = 'failed';
        get diagnostics released = row_count;
        return released;
    end
    $$;
revoke all on function public.settle_calendar_target(uuid) from public, anon, authenticated;
grant execute on function public.settle_calendar_target(uuid) to service_role;

-- What an API function that changes a connection begins with: may the user, is it connected; and nothing else changes it until the end.
-- NO KEY UPDATE: an edit that queues work for the connection holds a key lock on it through its foreign key.
create or replace function calendar_private.hold_connection(p_connection_id uuid) returns public.calendar_connections
    language plpgsql
    set search_path = ''
    as $$
    declare
        connection public.calendar_connections;
    begin
        perform calendar_private.require_api_host();
        if not calendar_private.may_manage_connection(p_connection_id) then
            raise exception 'Only the owner of the connection or an admin of the space may do this.'
                using errcode = 'insufficient_privilege';
        end if;

        select * into connection from public.calendar_connections where id = p_connection_id for no key update;
        if connection.sync_status = 'disconnected' then
            raise exception 'The connection is disconnected.' using errcode = 'object_not_in_prerequisite_state';
        end if;
        return connection;
    end
    $$;
revoke all on function calendar_private.hold_connection(uuid) from public;

-- Changes the settings of a connection; null leaves one as it is. Returns what is wrong with them, and then nothing has changed:
-- calendars_unknown, target_unknown, target_not_selected, target_read_only.
-- A pass that runs with the old settings loses its lease. Raises 42501 for anyone but the owner and the space's owner and admins, 55000
-- for a disconnected connection.
create or replace function public.update_calendar_connection(
    p_connection_id uuid, p_direction text, p_enabled boolean, p_calendar_ids text[], p_target_id text, p_excluded_types text[])
    returns text[]
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        before public.calendar_connections;
        target public.calendar_connection_calendars;
        wrong text[] := '{}';
        turned boolean;
        opened boolean;
        reselected boolean := false;
        deselected boolean := false;
        retargeted boolean;
        resumed boolean;
        interrupts boolean;
    begin
        before := calendar_private.hold_connection(p_connection_id);

        -- One that is gone from the account may be kept in the choice, and not be chosen anew.
        if exists (
            select from unnest(p_calendar_ids) wanted(id)
            where not exists (
                select from public.calendar_connection_calendars k
                where k.connection_id = p_connection_id and k.external_calendar_id = wanted.id and (k.removed_at is null or k.selected)))
        then
            wrong := wrong || 'calendars_unknown'::text;
        end if;
        if p_target_id is not null then
            select * into target from public.calendar_connection_calendars
            where connection_id = p_connection_id and external_calendar_id = p_target_id and removed_at is null;
            wrong := wrong || case
                when target.id is null then array['target_unknown']
                when target.read_only then array['target_read_only']
                when p_target_id <> all (p_calendar_ids) or (p_calendar_ids is null and not target.selected) then array['target_not_selected']
                else '{}'
            end;
        end if;
        if wrong <> '{}' then
            return wrong;
        end if;

        if p_calendar_ids is not null then
            reselected := exists (
                select from public.calendar_connection_calendars
                where connection_id = p_connection_id and not selected and external_calendar_id = any (p_calendar_ids));
            deselected := exists (
                select from public.calendar_connection_calendars
                where connection_id = p_connection_id and selected and external_calendar_id <> all (p_calendar_ids));

            -- Without its cursor a calendar is compared in full with what was remembered of it.
            update public.calendar_connection_calendars
            set selected = external_calendar_id = any (p_calendar_ids), cursor = null
            where connection_id = p_connection_id and selected is distinct from (external_calendar_id = any (p_calendar_ids));

            -- What is not synced is not out of step either.
            update public.calendar_sync_errors failed
            set resolved_at = now()
            where failed.connection_id = p_connection_id and failed.resolved_at is null
                and coalesce(
                    failed.external_calendar_id,
                    (select m.external_calendar_id from public.calendar_event_mappings m
                     where m.connection_id = p_connection_id and m.rowan_event_id = failed.rowan_event_id)) in (
                        select k.external_calendar_id from public.calendar_connection_calendars k
                        where k.connection_id = p_connection_id and not k.selected);
        end if;

        if before.sync_direction = 'inbound_only' and p_direction <> 'inbound_only' then
            -- What was deleted in Rowan meanwhile stays in the calendar, and does not come back either.
            update public.calendar_event_mappings m
            set state = 'hidden'
            where m.connection_id = p_connection_id and m.state = 'active'
                and not exists (select from public.events e where e.id = m.rowan_event_id and e.space_id = before.space_id and e.deleted_at is null);
        end if;

        turned := p_direction is not null and p_direction <> before.sync_direction::text;
        opened := p_excluded_types is not null and not before.excluded_event_types <@ p_excluded_types;
        resumed := p_enabled and not before.sync_enabled;
        retargeted := p_target_id is not null and p_target_id is distinct from before.provider_calendar_id;

        update public.calendar_connections c
        set provider_calendar_id = case
                when p_target_id is not null then p_target_id
                -- A target that was taken out of the choice is not wished for any more.
                when p_calendar_ids is not null and c.provider_calendar_id <> all (p_calendar_ids) then null
                else c.provider_calendar_id
            end
        where c.id = p_connection_id;
        perform public.settle_calendar_target(p_connection_id);

        update public.calendar_connections c
        set sync_direction = coalesce(p_direction::public.sync_direction_type, c.sync_direction),
            sync_enabled = coalesce(p_enabled, c.sync_enabled),
            excluded_event_types = coalesce(p_excluded_types, c.excluded_event_types),
            calendars_chosen = c.calendars_chosen or p_calendar_ids is not null,
            provider_calendar_id = coalesce(
                c.provider_calendar_id,
                (select k.external_calendar_id from public.calendar_connection_calendars k where k.connection_id = c.id and k.is_target))
        where c.id = p_connection_id;

        -- A pass that is cut off may have been the answer to a request, so it is asked for again.
        interrupts := turned or reselected or deselected or retargeted or p_enabled is false;
        if interrupts or opened or resumed then
            update public.calendar_connections c
            set sync_requested_at = clock_timestamp(),
                sync_requested_type = case when turned or opened or c.sync_requested_type = 'full' then 'full' else 'manual' end::public.sync_type,
                next_sync_at = now(),
                fence = c.fence + case when interrupts then 1 else 0 end,
                lease_until = case when interrupts then null else c.lease_until end,
                lease_owner = case when interrupts then null else c.lease_owner end,
                sync_status = case when interrupts and c.sync_status = 'syncing' then 'active' else c.sync_status end
            where c.id = p_connection_id;
        end if;
        return '{}';
    end
    $$;

-- Stores new credentials of the same account, which the caller has tried, and makes the connection due. Mappings, cursors, history and the
-- queue stay. p_server_url: null leaves the server as it is; another one has other positions in its change lists, so everything is compared.
-- Raises 42501 and 55000 as above, 40001 when the connection belongs to another account by now.
create or replace function public.reconnect_calendar(
    p_connection_id uuid, p_account_id text, p_server_url text, p_secret_type text, p_secret_ciphertext text) returns void
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        before public.calendar_connections;
        moved boolean;
    begin
        before := calendar_private.hold_connection(p_connection_id);
        if before.provider_account_id is distinct from p_account_id then
            raise exception 'The connection has another account.' using errcode = 'serialization_failure';
        end if;
        moved := p_server_url is not null and p_server_url is distinct from before.server_url;

        -- Not through store_oauth_token: that is for the owner of the connection only, and an admin of the space may do this too.
        insert into calendar_private.calendar_secrets as secret (connection_id, token_type, ciphertext)
        values (p_connection_id, p_secret_type, p_secret_ciphertext)
        on conflict (connection_id, token_type) do update set ciphertext = excluded.ciphertext, updated_at = now();

        if moved then
            update public.calendar_connection_calendars set cursor = null where connection_id = p_connection_id;
        end if;

        -- A pass that still runs with the old password must not report it.
        update public.calendar_connections
        set server_url = coalesce(p_server_url, server_url), sync_status = 'active', credentials_updated_at = now(),
            last_error = null, last_error_code = null, last_error_message = null, consecutive_failures = 0, blocked_until = null,
            fence = fence + 1, lease_until = null, lease_owner = null, next_sync_at = now(), sync_requested_at = clock_timestamp(),
            sync_requested_type = case when moved or sync_requested_type = 'full' then 'full' else 'manual' end::public.sync_type
        where id = p_connection_id;
    end
    $$;

revoke all on function
    public.update_calendar_connection(uuid, text, boolean, text[], text, text[]), public.reconnect_calendar(uuid, text, text, text, text)
    from public, anon;
grant execute on function
    public.update_calendar_connection(uuid, text, boolean, text[], text, text[]), public.reconnect_calendar(uuid, text, text, text, text)
    to authenticated;

-- A disconnect removes the calendars; what had been chosen of them is kept for a connect of the same account.
create or replace function public.remember_calendar_choice() returns trigger
    language plpgsql security definer
    set search_path = ''
    as $$
    begin
        if new.sync_status = 'disconnected' then
            new.calendar_choice := case when old.calendars_chosen then (
                select jsonb_build_object('target', old.provider_calendar_id, 'calendars', jsonb_object_agg(k.external_calendar_id, k.selected))
                from public.calendar_connection_calendars k where k.connection_id = old.id) end;
        elsif new.provider_account_id is distinct from old.provider_account_id then
            new.calendars_chosen := false;
            new.calendar_choice := null;
        end if;
        return new;
    end
    $$;
revoke all on function public.remember_calendar_choice() from public, anon, authenticated;

create or replace trigger remember_calendar_choice
    before update of sync_status on public.calendar_connections
    for each row
    when ((new.sync_status = 'disconnected') <> (old.sync_status = 'disconnected'))
    execute function public.remember_calendar_choice();
