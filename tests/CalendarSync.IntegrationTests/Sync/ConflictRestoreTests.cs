using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;
using Npgsql;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>A member takes a conflict back, and the next passes carry that to the calendar.</summary>
public sealed class ConflictRestoreTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_losing_version_comes_back_on_all_sides_and_so_does_the_other_one_again()
    {
        await using var sync = await ConflictAsync();

        await ResolveAsync(sync, "rowan", "canary-note");
        Assert.Equal("detected", await StatusAsync(sync));
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-ours");
        Assert.Equal("15 minutes before", Assert.Single(sync.Calendar.Events.Values).Alarm);
        Assert.Equal("resolved", await StatusAsync(sync));

        await ResolveAsync(sync, "external");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-theirs");

        Assert.Equal(1, await sync.CountAsync("calendar_sync_conflicts"));
        Assert.Equal(
            [("rowan", "canary-note", "canary-title-theirs"), ("external", null, "canary-title-ours")],
            await sync.Database.QueryAsync<(string, string?, string)>(
                """
                select d ->> 'winning_source', d ->> 'notes', d -> 'replaced' ->> 'title'
                from calendar_sync_conflicts f, jsonb_array_elements(f.decisions) d where (d ->> 'by')::uuid = @user
                """,
                new { user = sync.User.Value }));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Two_calendars_of_a_space_that_disagree_converge_and_the_loser_can_be_brought_back_to_both()
    {
        const string Zoo = "/calendars/zoo/";
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.SetCalendar(new RemoteCalendar(Zoo, "Zoo"));
        sync.Calendar.Put("canary-title");
        var ben = await sync.Database.CreateUserAsync();
        await sync.Database.AddMemberAsync(sync.Space, ben);
        var other = await sync.Database.CreateConnectionAsync(sync.Space, ben, due: true);
        await sync.Database.CreateCalendarAsync(other, Zoo);

        // Each of the two syncs one of them.
        await sync.Database.ExecuteAsync("update calendar_connections set calendars_chosen = true");
        await sync.RunDueAsync();
        foreach (var id in sync.Calendar.Events.Keys)
        {
            sync.Calendar.Edit(id, c => c with { Title = id.StartsWith(Zoo, StringComparison.Ordinal) ? "canary-title-zoo" : "canary-title-family" });
        }

        await sync.SyncAsync();

        var winner = Assert.Single(await sync.TitlesAsync());
        Assert.Equal([winner, winner], sync.Calendar.Events.Values.Select(e => e.Content.Title));
        var loser = await sync.Database.QuerySingleAsync<string>("select rowan_version ->> 'title' from calendar_sync_conflicts");
        Assert.Equal(["canary-title-family", "canary-title-zoo"], new[] { winner, loser }.Order());
        Assert.Equal("resolved", await StatusAsync(sync));

        await ResolveAsync(sync, "rowan");
        await sync.RunDueAsync();

        Assert.Equal([loser, loser], sync.Calendar.Events.Values.Select(e => e.Content.Title));
        Assert.Equal("resolved", await StatusAsync(sync));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task What_was_edited_since_the_conflict_is_kept_in_the_history()
    {
        await using var sync = await ConflictAsync();
        await sync.EditAsync("canary-title-theirs", "canary-title-later");
        await sync.RunDueAsync();

        await ResolveAsync(sync, "rowan");
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-ours");
        Assert.Equal("canary-title-later", await sync.Database.QuerySingleAsync<string>("select decisions -> 0 -> 'replaced' ->> 'title' from calendar_sync_conflicts"));
    }

    [Fact]
    public async Task What_was_no_part_of_the_conflict_stays_as_it_is_now()
    {
        await using var sync = await ConflictAsync();
        await sync.Database.ExecuteAsync("update events set status = 'completed', assigned_to = @user", new { user = sync.User.Value });

        await ResolveAsync(sync, "rowan");

        Assert.Equal(("canary-title-ours", "completed", sync.User.Value), await sync.Database.QuerySingleAsync<(string, string, Guid)>("select title, status, assigned_to from events"));
    }

    // Scenario: deleted in one place, edited in another; the edit is wanted back, with its alarm.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_that_was_deleted_outside_comes_back_to_a_new_life_with_its_alarm(bool purged)
    {
        await using var sync = await ConnectedAsync();
        var old = Assert.Single(sync.Calendar.Events).Key;
        await sync.EditAsync("canary-title", "canary-title-ours");
        sync.Calendar.Remove(old);
        await sync.SyncAsync();
        if (purged)
        {
            await sync.Database.ExecuteAsync("delete from events");
        }

        await ResolveAsync(sync, "rowan");
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-ours");
        var (id, made) = Assert.Single(sync.Calendar.Events);
        Assert.NotEqual(old, id);
        Assert.Equal(("15 minutes before", sync.Space), (made.Alarm, made.WrittenFor));
        Assert.Equal(1, await sync.Database.QuerySingleAsync<int>("select count(*)::int from calendar_sync_conflicts f join events e on e.id = f.event_id"));
        Assert.Equal("resolved", await StatusAsync(sync));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_deletion_that_lost_is_carried_out()
    {
        await using var sync = await ConnectedAsync();
        sync.Calendar.Edit(Assert.Single(sync.Calendar.Events).Key, c => c with { Title = "canary-title-theirs" });
        await sync.DeleteAsync("canary-title");
        await sync.SyncAsync();

        await ResolveAsync(sync, "rowan");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync();

        await ResolveAsync(sync, "external");
        await sync.RunDueAsync();
        await sync.AssertSameTitlesAsync("canary-title-theirs");
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task The_calendars_version_can_be_chosen_where_Rowan_had_won()
    {
        await using var sync = await ConnectedAsync();
        await sync.Database.ExecuteAsync("update calendar_connections set sync_direction = 'outbound_only'");
        await sync.EditAsync("canary-title", "canary-title-ours");
        sync.Calendar.Edit(Assert.Single(sync.Calendar.Events).Key, c => c with { Title = "canary-title-theirs", Description = "canary-text" });
        await sync.SyncAsync();
        await sync.AssertSameTitlesAsync("canary-title-ours");

        await ResolveAsync(sync, "external");
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-theirs");
        Assert.Equal("canary-text", Assert.Single(sync.Calendar.Events.Values).Content.Description);
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task Repeats_and_two_people_at_once_have_one_effect()
    {
        await using var sync = await ConflictAsync();
        var ben = await sync.Database.CreateUserAsync();
        await sync.Database.AddMemberAsync(sync.Space, ben);

        await Task.WhenAll(ResolveAsync(sync, "rowan"), ResolveAsync(sync, "rowan", user: ben));
        await sync.RunDueAsync();
        var writes = sync.Calendar.Writes;
        await ResolveAsync(sync, "rowan");
        await sync.RunDueAsync();

        Assert.Equal(writes, sync.Calendar.Writes);
        Assert.Equal(1, await sync.Database.QuerySingleAsync<int>("select jsonb_array_length(decisions) from calendar_sync_conflicts"));
        await sync.AssertSameTitlesAsync("canary-title-ours");
    }

    [Fact]
    public async Task To_agree_with_what_holds_is_noted_and_writes_nothing()
    {
        await using var sync = await ConflictAsync();
        await sync.EditAsync("canary-title-theirs", "canary-title-later");

        await ResolveAsync(sync, "external");
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title-later");
        Assert.Equal(
            (sync.User.Value, "resolved"),
            await sync.Database.QuerySingleAsync<(Guid, string)>("select resolved_by, resolution_status::text from calendar_sync_conflicts"));
    }

    [Fact]
    public async Task An_event_that_belongs_to_another_space_by_now_is_not_written()
    {
        await using var sync = await ConflictAsync();
        var elsewhere = await sync.Database.CreateSpaceAsync(await sync.Database.CreateUserAsync());
        await sync.Database.ExecuteAsync("update events set space_id = @elsewhere", new { elsewhere = elsewhere.Value });

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ResolveAsync(sync, "rowan"));

        Assert.Equal(PostgresErrorCodes.ObjectNotInPrerequisiteState, refused.SqlState);
        Assert.Equal("canary-title-theirs", await sync.Database.QuerySingleAsync<string>("select title from events"));
    }

    [Fact]
    public async Task The_providers_own_text_is_not_for_members()
    {
        await using var sync = await ConflictAsync();
        await using var transaction = await sync.Database.ApiDatabase.BeginAsUserAsync(sync.User, Cancellation);

        Assert.Null(await transaction.QuerySingleOrDefaultAsync<string>(
            "select (resolve_calendar_conflict(id, 'rowan')).external_payload from calendar_sync_conflicts", null, Cancellation));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => transaction.QueryAsync<string>("select external_payload from calendar_sync_conflicts", null, Cancellation));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    private async Task<SyncHarness> ConnectedAsync()
    {
        var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();
        return sync;
    }

    private async Task<SyncHarness> ConflictAsync()
    {
        var sync = await ConnectedAsync();
        await sync.EditAsync("canary-title", "canary-title-ours");
        sync.Calendar.Edit(Assert.Single(sync.Calendar.Events).Key, c => c with { Title = "canary-title-theirs" });
        await sync.SyncAsync();
        return sync;
    }

    private static async Task ResolveAsync(SyncHarness sync, string winner, string? notes = null, UserId? user = null)
    {
        await using var transaction = await sync.Database.ApiDatabase.BeginAsUserAsync(user ?? sync.User, Cancellation);
        var id = await transaction.QuerySingleOrDefaultAsync<Guid>("select id from calendar_sync_conflicts", null, Cancellation);
        await ConflictHistory.ResolveAsync(transaction, id, winner, notes, Cancellation);
        await transaction.CommitAsync(Cancellation);
    }

    private static Task<string> StatusAsync(SyncHarness sync) => sync.Database.QuerySingleAsync<string>("select resolution_status::text from calendar_sync_conflicts");
}
