-- Push channels. While one is renewed, the old and the new one overlap, so only the channel's own id is unique.

create table if not exists public.calendar_webhook_subscriptions (
    id uuid primary key default gen_random_uuid(),
    connection_id uuid not null references public.calendar_connections (id) on delete cascade,
    provider public.calendar_provider not null default 'google',
    webhook_id text not null,
    webhook_url text not null,
    webhook_secret text not null,
    resource_id text not null,
    expires_at timestamptz not null,
    is_active boolean not null default true,
    events_received integer not null default 0,
    last_event_at timestamptz,
    renewal_attempted_at timestamptz,
    renewal_error text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

do $$
begin
    alter table public.calendar_webhook_subscriptions drop constraint if exists unique_connection_webhook;
    if not exists (
        select
        from pg_index i
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = 'public.calendar_webhook_subscriptions'::regclass
            and i.indisunique and i.indnkeyatts = 1 and i.indpred is null and a.attname = 'webhook_id')
    then
        alter table public.calendar_webhook_subscriptions
            add constraint calendar_webhook_subscriptions_webhook_id_key unique (webhook_id);
    end if;
end
$$;

create or replace trigger update_calendar_webhook_subscriptions_updated_at
    before update on public.calendar_webhook_subscriptions
    for each row execute function public.update_updated_at_column();

drop function if exists public.increment_webhook_event_count(text);
create function public.increment_webhook_event_count(p_webhook_id text) returns void
    language sql security definer
    set search_path = ''
    as $$
        update public.calendar_webhook_subscriptions
        set events_received = events_received + 1, last_event_at = now()
        where webhook_id = p_webhook_id
    $$;

drop function if exists public.get_expiring_webhooks(integer);
create function public.get_expiring_webhooks(hours_ahead integer default 24) returns setof public.calendar_webhook_subscriptions
    language sql stable security definer
    set search_path = ''
    as $$
        select *
        from public.calendar_webhook_subscriptions
        where is_active and expires_at <= now() + make_interval(hours => hours_ahead)
        order by expires_at
    $$;

drop function if exists public.deactivate_webhook(text);
create function public.deactivate_webhook(p_webhook_id text) returns void
    language sql security definer
    set search_path = ''
    as $$ update public.calendar_webhook_subscriptions set is_active = false where webhook_id = p_webhook_id $$;

revoke all on function public.increment_webhook_event_count(text), public.get_expiring_webhooks(integer),
    public.deactivate_webhook(text) from public, anon, authenticated;
grant execute on function public.increment_webhook_event_count(text), public.get_expiring_webhooks(integer),
    public.deactivate_webhook(text) to service_role;
