-- What the engine remembers beside the lease.

alter table public.calendar_connections
    -- The value of sync_requested_at that the running or last pass has seen. A request is open while the two differ: comparing with the
    -- start of the pass would lose a request whose transaction began before it and committed after it.
    add column if not exists sync_served_at timestamptz,
    -- The connection rests after a failure until then.
    add column if not exists blocked_until timestamptz;

-- 'creating': written down before a create is sent. Its hashes are of what was sent, so that a create whose answer was lost is
-- recognised later, whatever was edited or deleted since.
alter table public.calendar_event_mappings drop constraint if exists calendar_event_mappings_state_check;
alter table public.calendar_event_mappings
    add constraint calendar_event_mappings_state_check check (state in ('active', 'hidden', 'creating'));
