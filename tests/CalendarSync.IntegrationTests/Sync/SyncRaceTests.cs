using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.IntegrationTests.Fixtures;
using Dapper;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>Several workers, several connections, several members.</summary>
public sealed class SyncRaceTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_is_claimed_by_one_worker_only()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => sync.Leases.ClaimDueAsync($"worker-{i}", 4, TimeSpan.FromMinutes(1), Cancellation)));
        Assert.Single(claims.SelectMany(c => c));
    }

    [Fact]
    public async Task Users_take_turns_however_many_calendars_one_of_them_has()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        for (var i = 0; i < 5; i++)
        {
            var space = await sync.Database.CreateSpaceAsync(sync.User);
            await SyncHarness.ConnectAsync(sync.Database, space, sync.User);
        }

        var other = await sync.Database.CreateUserAsync();
        await SyncHarness.ConnectAsync(sync.Database, await sync.Database.CreateSpaceAsync(other), other);
        var first = await sync.Leases.ClaimDueAsync("test", 2, TimeSpan.FromMinutes(1), Cancellation);
        Assert.Equal(new HashSet<UserId> { sync.User, other }, first.Select(l => l.UserId).ToHashSet());
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_changes_nothing_any_more()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        for (var i = 0; i < 30; i++)
        {
            sync.Calendar.Put($"canary-title-{i}");
        }

        sync.Calendar.PageSize = 10;
        var slow = Assert.Single(await sync.Leases.ClaimDueAsync("slow", 1, TimeSpan.FromMinutes(1), Cancellation));
        var fast = Array.Empty<SyncLease>() as IReadOnlyList<SyncLease>;
        var seen = 0L;
        sync.Calendar.BeforePage = async page =>
        {
            if (page != 1 || fast.Count > 0)
            {
                return;
            }

            // The lease runs out between the first page and the second, and another worker does the whole pass.
            await sync.Database.ExecuteAsync("update calendar_connections set lease_until = now() - interval '1 second'");
            fast = await sync.Leases.ClaimDueAsync("fast", 1, TimeSpan.FromMinutes(1), Cancellation);
            await sync.Session.RunAsync(fast[0], Cancellation);
            seen = await sync.CountAsync("events");
        };
        await sync.Session.RunAsync(slow, Cancellation);

        Assert.Equal(30, seen);
        Assert.Equal(30, await sync.CountAsync("events"));
        Assert.Equal("active", (await sync.StateAsync()).Status);
        Assert.False(await sync.Leases.RenewAsync(slow, TimeSpan.FromMinutes(1), Cancellation));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_worker_that_dies_in_the_middle_leaves_work_that_the_next_one_finishes()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-outside");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-inside");
        var lease = Assert.Single(await sync.Leases.ClaimDueAsync("dying", 1, TimeSpan.FromMinutes(1), Cancellation));

        // Dies right after its create arrived: nothing of the outcome is stored, and nobody gives the lease back.
        using var killed = new CancellationTokenSource();
        sync.Calendar.AfterWrite = async _ =>
        {
            await killed.CancelAsync();
            throw new OperationCanceledException(killed.Token);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sync.Session.RunAsync(lease, killed.Token));

        sync.Calendar.AfterWrite = _ => Task.CompletedTask;
        Assert.Equal(0, await sync.RunDueAsync());
        await sync.Database.ExecuteAsync("update calendar_connections set lease_until = now() - interval '1 second'");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-outside", "canary-title-inside");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_request_that_arrives_during_a_pass_is_served_by_another_one()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        var asked = false;
        sync.Calendar.BeforePage = async _ =>
        {
            if (!asked)
            {
                asked = true;
                await sync.Database.ExecuteAsync("update calendar_connections set sync_requested_at = clock_timestamp()");
            }
        };
        var pulls = sync.Calendar.Pulls;
        await sync.SyncAsync();
        Assert.Equal(pulls + 2, sync.Calendar.Pulls);
    }

    [Fact]
    public async Task Two_members_who_connect_one_shared_calendar_get_no_doubles()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-outside");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-inside");
        var other = await sync.Database.CreateUserAsync();
        await sync.Database.AddMemberAsync(sync.Space, other);
        await SyncHarness.ConnectAsync(sync.Database, sync.Space, other);
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-outside", "canary-title-inside");

        // One connection hears of a new event first; the other must find it, not send it back as a second one.
        sync.Calendar.Put("canary-title-later");
        await sync.Database.ExecuteAsync("update calendar_connections set sync_requested_at = clock_timestamp() where id = @id", new { id = sync.Connection.Value });
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-outside", "canary-title-inside", "canary-title-later");

        await sync.EditAsync("canary-title-inside", "canary-title-edited");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-new");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-outside", "canary-title-edited", "canary-title-later", "canary-title-new");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Two_members_who_connect_one_shared_calendar_at_the_same_moment_get_no_doubles()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-one");
        sync.Calendar.Put("canary-title-two");
        var other = await sync.Database.CreateUserAsync();
        await sync.Database.AddMemberAsync(sync.Space, other);
        await SyncHarness.ConnectAsync(sync.Database, sync.Space, other);
        var leases = await sync.Leases.ClaimDueAsync("test", 2, TimeSpan.FromMinutes(1), Cancellation);
        Assert.Equal(2, leases.Count);

        // Neither import can write before both have looked for what is there, or wait to.
        await using (var barrier = await sync.Database.Owner.OpenConnectionAsync(Cancellation))
        await using (var transaction = await barrier.BeginTransactionAsync(Cancellation))
        {
            await barrier.ExecuteAsync("lock table events in share mode");
            var passes = Task.WhenAll(leases.Select(lease => Task.Run(() => sync.Session.RunAsync(lease, Cancellation), Cancellation)));
            await WaitUntilBothWaitAsync(sync, passes);
            await transaction.CommitAsync(Cancellation);
            await passes;
        }

        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-one", "canary-title-two");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task What_another_connection_wrote_into_a_shared_calendar_is_not_imported_beside_its_own_counterpart()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();
        var id = await sync.Database.QuerySingleAsync<Guid>("select id from events");

        sync.Calendar.Put("canary-title", uid: new EventIdentity(new RowanEventId(id), 0).Uid, writtenFor: sync.Space);
        await sync.SyncAsync();
        Assert.Equal(["canary-title"], await sync.TitlesAsync());
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task After_a_disconnect_and_a_reconnect_nothing_is_doubled()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-outside");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-inside");
        await sync.RunDueAsync();

        await sync.Database.ExecuteAsync("delete from calendar_connections; update events set external_source = null");
        await SyncHarness.ConnectAsync(sync.Database, sync.Space, sync.User);
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-outside", "canary-title-inside");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_conflicts"));

        // Which of them came from the calendar is known again: a later "remove the events that came from it" means these.
        Assert.Equal(
            ["canary-title-inside exported ", "canary-title-outside imported apple"],
            await sync.Database.QueryAsync<string>(
                "select concat(e.title, ' ', m.origin, ' ', e.external_source) from events e join calendar_event_mappings m on m.rowan_event_id = e.id order by 1"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Events_that_went_to_the_trash_with_a_disconnect_come_out_of_it_with_the_reconnect()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-outside");
        await sync.RunDueAsync();
        await sync.Database.ExecuteAsync("delete from calendar_connections; update events set deleted_at = now()");
        await SyncHarness.ConnectAsync(sync.Database, sync.Space, sync.User);
        await sync.RunDueAsync();

        // One row, and none left in the trash that a restore could make a double of.
        Assert.Equal(1, await sync.CountAsync("events"));
        await sync.AssertSameTitlesAsync("canary-title-outside");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Events_that_another_space_wrote_into_a_shared_calendar_are_not_imported()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-theirs", writtenFor: new SpaceId(Guid.NewGuid()));
        sync.Calendar.Put("canary-title-ours");
        await sync.RunDueAsync();
        Assert.Equal(["canary-title-ours"], await sync.TitlesAsync());
    }

    [Fact]
    public async Task An_inbound_only_connection_never_writes_outside_and_a_deletion_in_Rowan_stays()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis, direction: "inbound_only");
        var id = sync.Calendar.Put("canary-title");
        sync.Calendar.Put("canary-title-other");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title-inside");
        await sync.RunDueAsync();
        await sync.DeleteAsync("canary-title");
        await sync.EditAsync("canary-title-other", "canary-title-local");
        sync.Calendar.Edit(id, c => c with { Title = "canary-title-changed" });
        await sync.SyncAsync();
        await sync.Database.ExecuteAsync("delete from events where deleted_at is not null");
        await sync.SyncAsync(full: true);

        Assert.Equal(0, sync.Calendar.Writes);
        Assert.Equal(["canary-title-inside", "canary-title-local"], (await sync.TitlesAsync()).Order());

        // Restored before it is purged, an event is synced again.
        await sync.DeleteAsync("canary-title-local");
        await sync.SyncAsync(full: true);
        await sync.RestoreAsync("canary-title-local");
        sync.Calendar.Edit(sync.Calendar.Events.Single(e => e.Key != id).Key, c => c with { Title = "canary-title-newest" });
        await sync.SyncAsync();
        Assert.Equal(["canary-title-inside", "canary-title-newest"], (await sync.TitlesAsync()).Order());
        Assert.Equal(0, sync.Calendar.Writes);
    }

    [Fact]
    public async Task An_outbound_only_connection_overwrites_and_keeps_the_loser_in_the_history()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis, direction: "outbound_only");
        sync.Calendar.Put("canary-title-theirs");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();
        Assert.Equal(["canary-title"], await sync.TitlesAsync());

        var (id, _) = sync.Calendar.Events.Single(e => e.Value.Content.Title == "canary-title");
        sync.Calendar.Edit(id, c => c with { Title = "canary-title-outside" });
        await sync.EditAsync("canary-title", "canary-title-ours");
        await sync.RunDueAsync();

        Assert.Equal("canary-title-ours", sync.Calendar.Events[id].Content.Title);
        Assert.Equal(
            "rowan canary-title-outside",
            await sync.Database.QuerySingleAsync<string>("select concat_ws(' ', winning_source, external_version->>'title') from calendar_sync_conflicts"));
    }

    private static async Task WaitUntilBothWaitAsync(SyncHarness sync, Task passes)
    {
        while (!passes.IsCompleted && await sync.Database.QuerySingleAsync<long>(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") < 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }
    }
}
