-- Who sees and changes what. Members of a space see its connections, mappings, logs and conflicts. Nobody but the sync itself writes
-- them, except through functions that check for themselves. service_role passes by BYPASSRLS.
-- Rows alone are not enough: a column that a member must not read or set is left out of the grants.

-- Policies of an earlier Rowan, under whatever names, would add to ours (policies are OR-ed) and are removed first.
do $$
declare
    policy record;
    guarded text;
begin
    for policy in
        select schemaname, tablename, policyname from pg_policies
        where schemaname = 'public'
            and tablename in ('calendar_connections', 'calendar_event_mappings', 'calendar_sync_logs', 'calendar_sync_conflicts',
                              'calendar_webhook_subscriptions')
    loop
        execute format('drop policy %I on %I.%I', policy.policyname, policy.schemaname, policy.tablename);
    end loop;

    foreach guarded in array array['calendar_connections', 'calendar_event_mappings', 'calendar_sync_logs', 'calendar_sync_conflicts',
                                   'calendar_webhook_subscriptions']
    loop
        execute format('alter table public.%I enable row level security', guarded);
        execute format('revoke all on public.%I from public, anon, authenticated', guarded);
        execute format('grant select, insert, update, delete on public.%I to service_role', guarded);
    end loop;
end
$$;

create policy calendar_connections_select on public.calendar_connections for select to authenticated
    using (space_id in (select public.calendar_spaces_of_user()));

-- Rowan writes its own two providers as the user. Ours are made by create_calendar_connection, after the credentials were tried, and
-- ended by disconnect_calendar, which also clears what hangs on them.
create policy calendar_connections_insert on public.calendar_connections for insert to authenticated
    with check (user_id = auth.uid() and space_id in (select public.calendar_spaces_of_user()) and provider::text in ('outlook', 'ics'));
create policy calendar_connections_update on public.calendar_connections for update to authenticated
    using (user_id = auth.uid() and space_id in (select public.calendar_spaces_of_user()))
    with check (user_id = auth.uid() and space_id in (select public.calendar_spaces_of_user()));
create policy calendar_connections_delete on public.calendar_connections for delete to authenticated
    using (user_id = auth.uid() and space_id in (select public.calendar_spaces_of_user()) and provider::text in ('outlook', 'ics'));

-- Reading: the whole row, as Rowan's own code for its two providers asks for it; no column of it is a secret.
-- Writing: never who, where and what it is, nor what the workers hold.
grant select on public.calendar_connections to authenticated;
grant insert (id, user_id, space_id, provider, provider_account_id, provider_calendar_id, token_expires_at, sync_direction, sync_status,
              sync_token, last_sync_at, next_sync_at, sync_enabled, last_error, last_error_message, provider_config, ics_url, ics_name,
              oauth_state_nonce, oauth_state_created_at)
    on public.calendar_connections to authenticated;
grant update (provider_account_id, provider_calendar_id, token_expires_at, sync_direction, sync_status, sync_token, last_sync_at,
              next_sync_at, sync_enabled, last_error, last_error_message, provider_config, ics_url, ics_name, oauth_state_nonce,
              oauth_state_created_at)
    on public.calendar_connections to authenticated;
grant delete on public.calendar_connections to authenticated;

create policy calendar_event_mappings_select on public.calendar_event_mappings for select to authenticated
    using (connection_id in (select c.id from public.calendar_connections c));
-- Without external_payload: the provider's raw text holds what Rowan does not show, attendees' addresses among it.
grant select (id, rowan_event_id, connection_id, external_event_id, external_calendar_id, sync_direction, rowan_etag, external_etag,
              last_synced_at, has_conflict, conflict_detected_at, created_at, updated_at, ical_uid, external_hash, generation, origin,
              state)
    on public.calendar_event_mappings to authenticated;

create policy calendar_sync_logs_select on public.calendar_sync_logs for select to authenticated
    using (connection_id in (select c.id from public.calendar_connections c));
grant select on public.calendar_sync_logs to authenticated;

create policy calendar_sync_conflicts_select on public.calendar_sync_conflicts for select to authenticated
    using (space_id in (select public.calendar_spaces_of_user()));
grant select on public.calendar_sync_conflicts to authenticated;

create policy calendar_webhook_subscriptions_select on public.calendar_webhook_subscriptions for select to authenticated
    using (connection_id in (select c.id from public.calendar_connections c));
-- Without webhook_secret: whoever knows it can speak as the provider.
grant select (id, connection_id, provider, webhook_id, webhook_url, resource_id, expires_at, is_active, events_received, last_event_at,
              renewal_attempted_at, renewal_error, created_at, updated_at)
    on public.calendar_webhook_subscriptions to authenticated;

-- The one change of the history that a member may make, checked here and not by a policy, so that nothing but the verdict can change.
drop function if exists public.resolve_calendar_conflict(uuid, public.winning_source, uuid, text);
create function public.resolve_calendar_conflict(
    conflict_id uuid, p_winning_source public.winning_source, p_resolved_by uuid default null, p_notes text default null)
    returns public.calendar_sync_conflicts
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        resolved public.calendar_sync_conflicts;
        is_user boolean := calendar_private.caller_role() = 'authenticated';
    begin
        update public.calendar_sync_conflicts conflict
        set resolution_status = 'resolved',
            resolved_at = now(),
            winning_source = p_winning_source,
            resolved_by = case when is_user then auth.uid() else p_resolved_by end,
            resolution_notes = coalesce(p_notes, conflict.resolution_notes)
        where conflict.id = conflict_id
            and (not is_user or conflict.space_id in (select public.calendar_spaces_of_user()))
        returning conflict.* into resolved;

        if resolved.id is null then
            raise exception 'No such conflict.' using errcode = 'no_data_found';
        end if;
        return resolved;
    end
    $$;
revoke all on function public.resolve_calendar_conflict(uuid, public.winning_source, uuid, text) from public, anon;
grant execute on function public.resolve_calendar_conflict(uuid, public.winning_source, uuid, text) to authenticated, service_role;
