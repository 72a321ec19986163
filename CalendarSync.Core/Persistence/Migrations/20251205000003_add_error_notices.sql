-- Who has been told. An error that is closed and opened again is another row, so its user is told again.

alter table public.calendar_sync_errors add column if not exists notified_at timestamptz;
create index if not exists idx_calendar_sync_errors_unnotified on public.calendar_sync_errors (connection_id)
    where resolved_at is null and notified_at is null;
