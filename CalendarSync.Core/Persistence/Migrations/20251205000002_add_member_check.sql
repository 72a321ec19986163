-- Whether somebody is a member of a space that one is a member of oneself. Rowan's policy on space_members ends at one's own row, so
-- the API could not tell whether an event may be assigned to a person. Says nothing about spaces of others.
create or replace function public.calendar_has_member(p_space_id uuid, p_user_id uuid) returns boolean
    language sql stable security definer
    set search_path = ''
    as $$
        select exists (select from public.space_members m where m.space_id = p_space_id and m.user_id = auth.uid())
           and exists (select from public.space_members m where m.space_id = p_space_id and m.user_id = p_user_id)
    $$;
revoke all on function public.calendar_has_member(uuid, uuid) from public, anon;
grant execute on function public.calendar_has_member(uuid, uuid) to authenticated;
