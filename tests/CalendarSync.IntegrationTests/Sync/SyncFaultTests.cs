using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;
using NodaTime;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>What goes wrong, and what must not come of it: nothing lost, nothing doubled, quiet at the end.</summary>
public sealed class SyncFaultTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("create")]
    [InlineData("update")]
    [InlineData("delete")]
    public async Task A_write_whose_answer_is_lost_happens_once(string operation)
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        if (operation != "create")
        {
            await sync.Database.CreateEventAsync(sync.Space, "canary-title");
            await sync.RunDueAsync();
        }

        sync.Calendar.AfterWrite = _ => LoseOnce(sync);
        await (operation switch
        {
            "create" => sync.Database.CreateEventAsync(sync.Space, "canary-title"),
            "update" => sync.EditAsync("canary-title", "canary-title-new"),
            _ => sync.DeleteAsync("canary-title"),
        });
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync(operation switch { "create" => ["canary-title"], "update" => ["canary-title-new"], _ => [] });
        Assert.Equal(0, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_create_whose_answer_is_lost_and_that_is_edited_before_the_next_try_keeps_the_edit()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();

        sync.Calendar.AfterWrite = async _ =>
        {
            await sync.EditAsync("canary-title", "canary-title-new");
            await LoseOnce(sync);
        };
        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-new");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_create_whose_answer_is_lost_and_that_is_deleted_before_the_next_try_leaves_nothing_outside()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();

        sync.Calendar.AfterWrite = async _ =>
        {
            await sync.DeleteAsync("canary-title");
            await LoseOnce(sync);
        };
        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();
        await sync.SyncAsync();

        await sync.AssertSameTitlesAsync();
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_create_whose_answer_is_lost_and_that_somebody_edits_outside_keeps_their_edit()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();

        sync.Calendar.AfterWrite = _ =>
        {
            var (id, _) = Assert.Single(sync.Calendar.Events);
            sync.Calendar.Edit(id, c => c with { Title = "canary-title-theirs" });
            return LoseOnce(sync);
        };
        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-theirs");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task An_import_that_breaks_off_goes_on_where_it_was_and_exports_only_when_it_is_complete()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.PageSize = 10;
        var titles = Enumerable.Range(0, 45).Select(i => $"canary-title-{i}").ToArray();
        foreach (var title in titles)
        {
            sync.Calendar.Put(title);
        }

        await sync.Database.CreateEventAsync(sync.Space, "canary-title-inside");
        var broken = 0;
        sync.Calendar.BeforePage = page => page == 2 && ++broken <= 2
            ? throw new ProviderException(ProviderFault.Transient, "connection_lost", "The connection was lost.")
            : Task.CompletedTask;
        sync.Calendar.BeforeWrite = async _ => Assert.Equal(46, await sync.CountAsync("events"));

        await sync.RunDueAsync();

        Assert.Equal(2, broken);
        await sync.AssertSameTitlesAsync([.. titles, "canary-title-inside"]);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_listing_that_breaks_off_proves_no_deletion()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.PageSize = 5;
        for (var i = 0; i < 20; i++)
        {
            sync.Calendar.Put($"canary-title-{i}");
        }

        await sync.RunDueAsync();
        foreach (var id in sync.Calendar.Events.Keys.Take(10).ToList())
        {
            sync.Calendar.SetAlarm(id, "changed");
        }

        sync.Calendar.ExpireCursors();
        sync.Calendar.BeforePage = page => page == 1
            ? throw new ProviderException(ProviderFault.Permanent, "truncated", "The answer was not complete.")
            : Task.CompletedTask;
        await sync.Database.ExecuteAsync("update calendar_connections set sync_requested_at = clock_timestamp()");
        foreach (var lease in await sync.Leases.ClaimDueAsync("test", 1, TimeSpan.FromMinutes(1), Cancellation))
        {
            await sync.Session.RunAsync(lease, Cancellation);
        }

        Assert.Equal(20, (await sync.TitlesAsync()).Count);
        Assert.Equal("error", (await sync.StateAsync()).Status);
    }

    [Fact]
    public async Task An_expired_cursor_leads_to_a_full_compare_that_finds_changes_and_deletions()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var changed = sync.Calendar.Put("canary-title-1");
        var removed = sync.Calendar.Put("canary-title-2");
        sync.Calendar.Put("canary-title-3");
        await sync.RunDueAsync();

        sync.Calendar.Edit(changed, c => c with { Title = "canary-title-1-new" });
        sync.Calendar.Remove(removed);
        sync.Calendar.Put("canary-title-4");
        sync.Calendar.ExpireCursors();
        await sync.SyncAsync();

        await sync.AssertSameTitlesAsync("canary-title-1-new", "canary-title-3", "canary-title-4");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_dead_login_asks_for_a_reconnect_and_keeps_what_waits()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        sync.Calendar.BeforeWrite = _ => throw new ProviderException(ProviderFault.AuthExpired, "invalid_credentials", "The password is not accepted any more.");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();
        Assert.Equal(("token_expired", "invalid_credentials"), ((await sync.StateAsync()).Status, (await sync.StateAsync()).Code));

        sync.Calendar.BeforeWrite = _ => Task.CompletedTask;
        await sync.EditAsync("canary-title", "canary-title-later");
        await sync.Database.ExecuteAsync("update calendar_connections set sync_status = 'active', blocked_until = null");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-later");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_rate_limited_connection_rests_as_long_as_the_provider_says_even_if_a_person_asks()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var until = Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow()) + Duration.FromHours(1);
        sync.Calendar.BeforePage = _ => throw new ProviderException(ProviderFault.RateLimited, "rate_limited", "Too many requests.", until);
        await sync.RunDueAsync();
        await sync.Database.ExecuteAsync("update calendar_connections set sync_requested_at = clock_timestamp()");

        Assert.Equal(0, await sync.RunDueAsync());
        Assert.True(await sync.Database.QuerySingleAsync<bool>("select blocked_until > now() + interval '59 minutes' from calendar_connections"));
    }

    [Fact]
    public async Task A_person_who_asks_does_not_wait_for_the_pause_after_a_failure()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis, retryDelays: "01:00:00");
        await sync.RunDueAsync();
        sync.Calendar.BeforePage = _ => throw new ProviderException(ProviderFault.Transient, "server_unreachable", "The calendar server cannot be reached.");
        await sync.SyncAsync();
        Assert.Equal("error", (await sync.StateAsync()).Status);
        Assert.Equal(
            "done The calendar server cannot be reached.",
            await sync.Database.QuerySingleAsync<string>("select concat_ws(' ', progress->>'phase', progress->>'message') from calendar_connections"));
        Assert.Equal(0, await sync.RunDueAsync());

        sync.Calendar.BeforePage = _ => Task.CompletedTask;
        await sync.SyncAsync();
        Assert.Equal(("active", null), ((await sync.StateAsync()).Status, (await sync.StateAsync()).Code));
    }

    [Fact]
    public async Task A_server_that_says_no_versions_is_synced_all_the_same()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.HasNoEtags = true;
        var id = sync.Calendar.Put("canary-title-a");
        sync.Calendar.Put("canary-title-gone");
        await sync.RunDueAsync();

        await sync.EditAsync("canary-title-a", "canary-title-b");
        await sync.DeleteAsync("canary-title-gone");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-b");

        // An edit outside that nobody has told us about is read before ours is written over it.
        sync.Calendar.Edit(id, c => c with { Title = "canary-title-theirs" });
        await sync.EditAsync("canary-title-b", "canary-title-ours");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-theirs");
        Assert.Equal(1, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    private static Task LoseOnce(SyncHarness sync)
    {
        sync.Calendar.AfterWrite = _ => Task.CompletedTask;
        throw new ProviderException(ProviderFault.Transient, "connection_lost", "The connection was lost.");
    }
}
