-- A foreign key from the queue to the mappings makes an edit wait for the mapping that a worker is just writing, while the worker waits
-- for the queue row that the edit holds: a deadlock. The engine finds mappings by event and connection, so the key protects nothing.

do $$
declare
    found text;
begin
    for found in
        select conname from pg_constraint
        where conrelid = 'public.calendar_sync_queue'::regclass and contype = 'f' and confrelid = 'public.calendar_event_mappings'::regclass
    loop
        execute format('alter table public.calendar_sync_queue drop constraint %I', found);
    end loop;
end
$$;
