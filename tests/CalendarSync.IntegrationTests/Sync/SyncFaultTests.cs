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
    public async Task One_event_that_cannot_be_read_is_listed_and_the_others_arrive()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-good");
        var bad = sync.Calendar.Put("canary-title-bad");
        sync.Calendar.Unreadable.Add(bad);
        await sync.RunDueAsync();

        Assert.Equal(["canary-title-good"], await sync.TitlesAsync());
        Assert.Equal("unreadable_event", await sync.Database.QuerySingleAsync<string>("select code from calendar_sync_errors where resolved_at is null"));
        Assert.Equal("active", (await sync.StateAsync()).Status);

        sync.Calendar.Unreadable.Clear();
        sync.Calendar.SetAlarm(bad, "mended");
        await sync.SyncAsync();
        await sync.AssertSameTitlesAsync("canary-title-good", "canary-title-bad");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_errors where resolved_at is null"));
    }

    [Fact]
    public async Task An_event_that_became_unreadable_is_not_taken_for_deleted()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var id = sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        sync.Calendar.Unreadable.Add(id);
        sync.Calendar.SetAlarm(id, "changed");
        sync.Calendar.ExpireCursors();
        await sync.SyncAsync(full: true);

        Assert.Equal(["canary-title"], await sync.TitlesAsync());
    }

    [Fact]
    public async Task An_event_that_Rowan_cannot_store_is_parked_alone()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.Database.ExecuteAsync("alter table events add constraint canary check (title <> 'canary-title-refused')");
        for (var i = 0; i < 7; i++)
        {
            sync.Calendar.Put($"canary-title-{i}");
        }

        sync.Calendar.Put("canary-title-refused");
        await sync.RunDueAsync();

        Assert.Equal(7, (await sync.TitlesAsync()).Count);
        Assert.Equal("not_storable", await sync.Database.QuerySingleAsync<string>("select code from calendar_sync_errors"));
    }

    [Fact]
    public async Task A_push_that_fails_is_tried_again_and_then_given_up_visibly()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        var tries = 0;
        sync.Calendar.AnswerInstead = _ =>
        {
            tries++;
            return new WriteResult.Failed("server_error", "The calendar server had a problem.");
        };

        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();

        Assert.Equal(3, tries);
        Assert.Equal("failed", await sync.Database.QuerySingleAsync<string>("select status::text from calendar_sync_queue"));
        Assert.Equal(
            "outbound create server_error canary-title",
            await sync.Database.QuerySingleAsync<string>("select concat_ws(' ', direction, operation, code, title) from calendar_sync_errors"));

        // The next edit starts afresh.
        sync.Calendar.AnswerInstead = _ => null;
        await sync.EditAsync("canary-title", "canary-title-new");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-new");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_errors where resolved_at is null"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_refused_event_is_listed_at_once_and_does_not_stop_the_others()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        sync.Calendar.AnswerInstead = o => o is WriteOperation.Create { Event.Content.Title: "canary-title-huge" }
            ? new WriteResult.Rejected("too_large", "This event is too large for the calendar.")
            : null;

        await sync.Database.CreateEventAsync(sync.Space, "canary-title-huge");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-fine");
        await sync.RunDueAsync();

        Assert.Equal(["canary-title-fine"], sync.Calendar.Events.Values.Select(e => e.Content.Title));
        Assert.Equal("too_large", await sync.Database.QuerySingleAsync<string>("select code from calendar_sync_errors"));
    }

    [Fact]
    public async Task A_read_only_calendar_is_imported_and_edits_of_it_stay_in_Rowan()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.Database.ExecuteAsync("update calendar_connection_calendars set read_only = true");
        sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();

        await sync.EditAsync("canary-title", "canary-title-ours");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-new");
        await sync.RunDueAsync();

        Assert.Equal(["canary-title"], sync.Calendar.Events.Values.Select(e => e.Content.Title));
        Assert.Equal(
            ["no_writable_calendar", "read_only"],
            await sync.Database.QueryAsync<string>("select code from calendar_sync_errors order by code"));
        Assert.Equal("active", (await sync.StateAsync()).Status);
    }

    [Fact]
    public async Task A_series_is_left_alone_on_both_sides_and_listed()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-series", rule: "FREQ=WEEKLY");
        sync.Calendar.Put("canary-title-single");
        var inside = await sync.Database.CreateEventAsync(sync.Space, "canary-title-inside");
        await sync.Database.ExecuteAsync("update events set is_recurring = true, recurrence_pattern = 'weekly:1' where id = @id", new { id = inside.Value });
        await sync.RunDueAsync();

        Assert.Equal(["canary-title-inside", "canary-title-single"], (await sync.TitlesAsync()).Order());
        Assert.Equal(2, sync.Calendar.Events.Count);
        Assert.Equal(
            ["inbound series_not_supported", "outbound series_not_supported"],
            await sync.Database.QueryAsync<string>("select direction || ' ' || code from calendar_sync_errors where resolved_at is null order by 1"));
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
        sync.Calendar.BeforePage = _ => throw new ProviderException(ProviderFault.Transient, "server_unreachable", "The calendar server cannot be reached.");
        await sync.RunDueAsync();
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
