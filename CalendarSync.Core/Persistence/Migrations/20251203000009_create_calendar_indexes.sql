-- Every foreign key, and the questions that are asked most. No predicate says now(): an index predicate must mean the same tomorrow.

create index if not exists idx_calendar_connections_user_id on public.calendar_connections (user_id);
create index if not exists idx_calendar_connections_space_id on public.calendar_connections (space_id);
create index if not exists idx_calendar_connections_provider on public.calendar_connections (provider);
create index if not exists idx_calendar_connections_status on public.calendar_connections (sync_status) where sync_status <> 'disconnected';
create index if not exists idx_calendar_connections_next_sync on public.calendar_connections (next_sync_at)
    where sync_status <> 'disconnected';
create index if not exists idx_calendar_connections_webhook_expires on public.calendar_connections (webhook_expires_at)
    where webhook_expires_at is not null;

create index if not exists idx_calendar_event_mappings_rowan_event_id on public.calendar_event_mappings (rowan_event_id);
create index if not exists idx_calendar_event_mappings_connection_calendar
    on public.calendar_event_mappings (connection_id, external_calendar_id);
create index if not exists idx_calendar_event_mappings_connection_uid on public.calendar_event_mappings (connection_id, ical_uid);
create index if not exists idx_calendar_event_mappings_conflict on public.calendar_event_mappings (connection_id) where has_conflict;

create index if not exists idx_calendar_sync_logs_connection_created on public.calendar_sync_logs (connection_id, created_at desc);
create index if not exists idx_calendar_sync_logs_created_at on public.calendar_sync_logs (created_at);
create index if not exists idx_calendar_sync_logs_failed on public.calendar_sync_logs (connection_id, created_at desc)
    where status in ('failed', 'partial');

create index if not exists idx_calendar_sync_conflicts_mapping_id on public.calendar_sync_conflicts (mapping_id);
create index if not exists idx_calendar_sync_conflicts_connection_id on public.calendar_sync_conflicts (connection_id, detected_at desc);
create index if not exists idx_calendar_sync_conflicts_space_id on public.calendar_sync_conflicts (space_id, detected_at desc);
create index if not exists idx_calendar_sync_conflicts_event_id on public.calendar_sync_conflicts (event_id);
create index if not exists idx_calendar_sync_conflicts_resolved_by on public.calendar_sync_conflicts (resolved_by);
create index if not exists idx_calendar_sync_conflicts_pending on public.calendar_sync_conflicts (connection_id)
    where resolution_status = 'detected';

create index if not exists idx_calendar_webhook_subscriptions_connection_id on public.calendar_webhook_subscriptions (connection_id);
create index if not exists idx_calendar_webhook_subscriptions_expires_at on public.calendar_webhook_subscriptions (expires_at)
    where is_active;

create index if not exists idx_events_external_source on public.events (external_source) where external_source is not null;
create index if not exists idx_events_sync_locked on public.events (sync_locked) where sync_locked;
create index if not exists idx_events_last_external_sync on public.events (last_external_sync) where last_external_sync is not null;
create index if not exists idx_events_sync_eligible on public.events (space_id, updated_at)
    where deleted_at is null and sync_locked = false;
create index if not exists idx_events_space_ical_uid on public.events (space_id, ical_uid) where ical_uid is not null;
create index if not exists idx_events_deleted_at on public.events (deleted_at) where deleted_at is not null;
create index if not exists idx_recurring_event_exceptions_modified_event_id
    on public.recurring_event_exceptions (modified_event_id) where modified_event_id is not null;
