-- Counts the transactions of the running pass. Each one asks for the number that the one before it left, so a pass notices when Postgres
-- has lost a commit that it had confirmed.

alter table public.calendar_connections
    add column if not exists pass_step integer not null default 0;
