using Dapper;
using Npgsql;

namespace CalendarSync.Worker.Demo;

/// <summary>
/// Schema <c>calendar_dev</c>: what the Development sign-in may do, and no more. The functions run as their owner, so the API keeps the
/// one narrow role that it has in Production. The schema is made by the <c>seed-demo</c> verb only, which Production refuses.
/// </summary>
internal static class DevelopmentSchema
{
    // The API's login role exists once "migrate" was given a password for it; without it nobody but the owner may call these.
    private const string Install =
        """
        create schema if not exists calendar_dev;
        revoke all on schema calendar_dev from public;

        create table if not exists calendar_dev.seeded (
            what text primary key,
            at timestamptz not null
        );

        create or replace function calendar_dev.user_json(p_user uuid) returns jsonb
        language sql stable security definer set search_path = '' as $$
            select jsonb_build_object(
                'user', jsonb_build_object('id', u.id, 'email', u.email, 'name', u.name),
                'spaces', coalesce((
                    select jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name, 'role', m.role) order by m.joined_at, s.name)
                    from public.space_members m join public.spaces s on s.id = m.space_id
                    where m.user_id = u.id), '[]'))
            from public.users u where u.id = p_user
        $$;

        -- Rowan's own triggers may make the profile and a personal space of a new auth user, or fail in silence; either is fine.
        create or replace function calendar_dev.ensure_user(p_email text) returns uuid
        language plpgsql security definer set search_path = '' as $$
        declare
            v_email text := lower(p_email);
            v_user uuid;
            v_space uuid;
            v_name text := initcap(translate(split_part(lower(p_email), '@', 1), '._-+', '    '));
        begin
            -- Two first sign-ins of one address wait for each other, so they make one user.
            perform pg_advisory_xact_lock(hashtextextended('calendar_dev:' || v_email, 0));
            select id into v_user from public.users where email = v_email;
            if v_user is null then
                v_user := gen_random_uuid();
                insert into auth.users (id, email, raw_user_meta_data) values (v_user, v_email, jsonb_build_object('name', v_name));
                insert into public.users (id, email, name) values (v_user, v_email, v_name) on conflict (id) do nothing;
            end if;
            if not exists (select from public.space_members where user_id = v_user) then
                insert into public.spaces (name, type, created_by, user_id, is_personal, auto_created)
                values (v_name || '''s space', 'personal', v_user, v_user, true, true) returning id into v_space;
                insert into public.space_members (space_id, user_id, role) values (v_space, v_user, 'owner') on conflict do nothing;
            end if;
            return v_user;
        end $$;

        create or replace function calendar_dev.sign_in(p_email text) returns jsonb
        language plpgsql security definer set search_path = '' as $$
        declare
            v_user uuid := calendar_dev.ensure_user(p_email);
        begin
            -- A statement of its own: the one that made the user does not see it yet.
            return calendar_dev.user_json(v_user);
        end $$;

        create or replace function calendar_dev.add_member(p_space uuid, p_email text, p_role text) returns jsonb
        language plpgsql security definer set search_path = '' as $$
        declare
            v_user uuid;
        begin
            if p_role not in ('owner', 'admin', 'member') then
                raise exception 'unknown role' using errcode = '22023';
            end if;
            if not exists (select from public.spaces where id = p_space) then
                return null;
            end if;
            v_user := calendar_dev.ensure_user(p_email);
            insert into public.space_members (space_id, user_id, role) values (p_space, v_user, p_role)
            on conflict (space_id, user_id) do update set role = excluded.role;
            return calendar_dev.user_json(v_user);
        end $$;

        create or replace function calendar_dev.family() returns jsonb
        language sql stable security definer set search_path = '' as $$
            with demo_spaces as (
                select * from public.spaces where settings ? 'demo'
            ), demo_members as (
                select m.space_id, m.role, m.joined_at, u.id, u.email, u.name
                from public.space_members m
                join demo_spaces s on s.id = m.space_id
                join public.users u on u.id = m.user_id
            )
            select jsonb_build_object(
                'users', coalesce((
                    select jsonb_agg(jsonb_build_object('id', u.id, 'email', u.email, 'name', u.name) order by u.email)
                    from (select distinct id, email, name from demo_members) u), '[]'),
                'spaces', coalesce((
                    select jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name, 'members', (
                        select coalesce(jsonb_agg(jsonb_build_object('user_id', m.id, 'email', m.email, 'role', m.role)
                            order by m.joined_at, m.email), '[]')
                        from demo_members m where m.space_id = s.id)) order by s.id)
                    from demo_spaces s), '[]'))
        $$;

        revoke all on all functions in schema calendar_dev from public;
        do $$ begin
            if exists (select from pg_roles where rolname = 'calendarsync_api') then
                grant usage on schema calendar_dev to calendarsync_api;
                grant execute on function calendar_dev.sign_in(text), calendar_dev.add_member(uuid, text, text), calendar_dev.family()
                    to calendarsync_api;
            end if;
        end $$;
        """;

    public static Task InstallAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition(Install, transaction: transaction, cancellationToken: cancellationToken));
}
