-- Taking back a conflict: the version that lost is written to Rowan as an edit of the member who asks, and goes out like any other edit.

-- The row that a version of the history makes of an event. Both versions name what they hold as the table of events does.
-- Raises 55000 for a version that is none: of one occurrence of a series, or of an event that belongs to another space by now.
create or replace function calendar_private.write_conflict_version(
    p_conflict public.calendar_sync_conflicts, p_version jsonb, p_author uuid)
    returns uuid
    language plpgsql
    set search_path = ''
    as $$
    declare
        -- What a calendar can have changed; everything else of the row was no part of the conflict and stays.
        contested constant text[] := array['title', 'description', 'location', 'start_time', 'end_time', 'all_day', 'timezone',
                                           'custom_color', 'is_recurring', 'recurrence_pattern'];
        lost constant text[] := contested || array['event_type', 'status', 'category', 'show_countdown', 'countdown_label', 'ical_uid'];
        happening public.events;
        restored public.events;
    begin
        select * into happening from public.events e where e.id = p_conflict.event_id for update;
        if happening.space_id is distinct from p_conflict.space_id and happening.id is not null then
            raise exception 'The event belongs to another space.' using errcode = 'object_not_in_prerequisite_state';
        end if;

        if coalesce((p_version ->> 'deleted')::boolean, false) or p_version ->> 'deleted_at' is not null then
            update public.events set deleted_at = now(), deleted_by = p_author where id = happening.id and deleted_at is null;
            return p_conflict.event_id;
        end if;

        if p_version ->> 'title' is null or p_version ->> 'start_time' is null then
            raise exception 'This version is no event of its own.' using errcode = 'object_not_in_prerequisite_state';
        end if;

        if happening.id is not null then
            select * into restored
            from jsonb_populate_record(happening, (select jsonb_object_agg(key, value) from jsonb_each(p_version) where key = any (contested)));
            update public.events
            set title = restored.title, description = restored.description, location = restored.location,
                start_time = restored.start_time, end_time = restored.end_time, all_day = restored.all_day, timezone = restored.timezone,
                custom_color = restored.custom_color, is_recurring = restored.is_recurring,
                recurrence_pattern = restored.recurrence_pattern, deleted_at = null, deleted_by = null
            where id = happening.id;
            return happening.id;
        end if;

        -- Gone for good. A new row, and so a new identity outside, that no old tombstone knows. Its other columns are as a new event's:
        -- what they pointed to may be gone as well.
        select * into restored
        from jsonb_populate_record(
            null::public.events, (select jsonb_object_agg(key, value) from jsonb_each(p_version) where key = any (lost)));
        insert into public.events
            (space_id, title, description, location, start_time, end_time, all_day, timezone, custom_color, is_recurring,
             recurrence_pattern, event_type, status, category, show_countdown, countdown_label, ical_uid, assigned_to, created_by)
        values
            (p_conflict.space_id, restored.title, restored.description, restored.location, restored.start_time, restored.end_time,
             coalesce(restored.all_day, false), restored.timezone, restored.custom_color, coalesce(restored.is_recurring, false),
             restored.recurrence_pattern, restored.event_type, coalesce(restored.status, 'not-started'),
             coalesce(restored.category, 'personal'), coalesce(restored.show_countdown, false), restored.countdown_label, restored.ical_uid,
             (select m.user_id from public.space_members m
              where m.space_id = p_conflict.space_id and m.user_id = (p_version ->> 'assigned_to')::uuid),
             (select u.id from public.users u where u.id = coalesce((p_version ->> 'created_by')::uuid, p_author)))
        returning * into restored;
        update public.calendar_sync_conflicts
        set event_id = restored.id
        where id = p_conflict.id or (event_id = p_conflict.event_id and space_id = p_conflict.space_id);
        return restored.id;
    end
    $$;
revoke all on function calendar_private.write_conflict_version(public.calendar_sync_conflicts, jsonb, uuid) from public;

-- Rowan's function by its name and arguments. A member of the space decides in the own name; both versions stay in the row, and whoever
-- decides otherwise later can.
-- p_winning_source: 'rowan' or 'external'. Asking for what already holds changes nothing, so a repeat, or two members at once, are one.
-- Raises P0002 for a conflict of others, 55000 for a version that cannot be written back.
create or replace function public.resolve_calendar_conflict(
    conflict_id uuid, p_winning_source public.winning_source, p_resolved_by uuid default null, p_notes text default null)
    returns public.calendar_sync_conflicts
    language plpgsql security definer
    set search_path = ''
    as $$
    declare
        conflict public.calendar_sync_conflicts;
        is_user boolean := calendar_private.caller_role() = 'authenticated';
        author uuid := case when is_user then auth.uid() else p_resolved_by end;
        replaced jsonb;
        happening uuid;
    begin
        -- One decision at a time. Not by a lock on the row: everybody else locks events before conflicts, and so does what follows.
        perform pg_advisory_xact_lock(hashtextextended('calendar_sync.conflict:' || conflict_id::text, 0));
        select f.* into conflict
        from public.calendar_sync_conflicts f
        where f.id = conflict_id and (not is_user or f.space_id in (select public.calendar_spaces_of_user()));
        if conflict.id is null then
            raise exception 'No such conflict.' using errcode = 'no_data_found';
        end if;

        if p_winning_source is distinct from conflict.winning_source or jsonb_array_length(conflict.decisions) = 0 then
            happening := conflict.event_id;
            if p_winning_source is distinct from conflict.winning_source and p_winning_source in ('rowan', 'external') then
                select to_jsonb(e) into replaced
                from public.events e where e.id = conflict.event_id and e.space_id = conflict.space_id
                for update;
                happening := calendar_private.write_conflict_version(
                    conflict, case p_winning_source when 'rowan' then conflict.rowan_version else conflict.external_version end, author);
            end if;

            update public.calendar_sync_conflicts f
            set winning_source = p_winning_source,
                resolution_strategy = 'manual_review',
                resolved_by = author,
                resolution_notes = coalesce(p_notes, f.resolution_notes),
                -- Of an event that nobody knows any more, nothing can be waiting.
                resolution_status = case when happening is null then 'resolved' else 'detected' end::public.resolution_status,
                resolved_at = case when happening is null then now() end,
                decisions = f.decisions || jsonb_build_object(
                    'at', now(), 'by', author, 'winning_source', p_winning_source, 'notes', p_notes, 'replaced', replaced)
            where f.id = conflict_id;
            perform public.settle_calendar_conflicts(array[happening]);
            select f.* into conflict from public.calendar_sync_conflicts f where f.id = conflict_id;
        end if;

        -- Not for members, see the grants of the table.
        conflict.external_payload := null;
        return conflict;
    end
    $$;
