using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>Who may call what: Postgres lets everybody execute a new function unless it is taken back.</summary>
public sealed class FunctionPrivilegeTests(PostgresServer postgres) : DatabaseTest(postgres)
{
    /// <summary>All that a signed-in user may call. A new function is for the sync only until it is written here.</summary>
    private static readonly string[] ForUsers =
    [
        "public.calendar_has_member", "public.calendar_spaces_of_user", "public.can_access_user_profile", "public.create_calendar_connection",
        "public.decide_held_deletions", "public.disconnect_calendar", "public.handle_token_expiry", "public.is_token_expired",
        "public.reconnect_calendar", "public.request_calendar_preview", "public.request_calendar_sync", "public.resolve_calendar_conflict", "public.retry_sync_error",
        "public.take_calendar_preview", "public.update_calendar_connection", "public.update_token_expiry", "public.user_has_space_access",
    ];

    [Fact]
    public async Task No_function_may_be_called_by_everybody_or_by_an_anonymous_visitor()
    {
        var open = await FunctionsAsync("has_function_privilege('anon', p.oid, 'execute') or exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0)");
        Assert.Empty(open);
    }

    [Fact]
    public async Task A_signed_in_user_may_call_the_functions_that_check_for_themselves_and_no_other() =>
        Assert.Equal(ForUsers, await FunctionsAsync("has_function_privilege('authenticated', p.oid, 'execute')"));

    [Fact]
    public async Task The_login_of_the_API_may_store_and_delete_secrets_and_call_nothing_else() =>
        Assert.Equal(
            ["public.delete_oauth_tokens", "public.store_oauth_token"],
            await FunctionsAsync("has_function_privilege('calendarsync_api', p.oid, 'execute')"));

    [Fact]
    public async Task The_login_of_the_worker_may_call_nothing_before_it_has_become_the_sync() =>
        Assert.Empty(await FunctionsAsync("has_function_privilege('calendarsync_worker', p.oid, 'execute')"));

    [Fact]
    public async Task Every_function_pins_its_search_path() =>
        Assert.Empty(await FunctionsAsync("not coalesce(p.proconfig, '{}') @> array['search_path=\"\"']"));

    [Fact]
    public async Task There_are_functions_to_look_at() =>
        Assert.Superset(new HashSet<string> { "public.get_oauth_token", "public.queue_calendar_sync_on_change", "calendar_private.caller_role" }, (await FunctionsAsync("true")).ToHashSet());

    private Task<IReadOnlyList<string>> FunctionsAsync(string condition) => Database.QueryAsync<string>(
        $"""
        select n.nspname || '.' || p.proname
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('public', 'calendar_private', 'calendar_migrations') and ({condition})
        order by 1
        """);
}
