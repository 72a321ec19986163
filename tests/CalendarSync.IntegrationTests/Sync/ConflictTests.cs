using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;
using NodaTime;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>Every cell of the planner's table that is a conflict leaves one row in the history, and the row says how it stands.</summary>
public sealed class ConflictTests(PostgresServer postgres, RedisServer redis)
{
    [Theory]
    [InlineData("bidirectional", "external")]
    [InlineData("inbound_only", "external")]
    [InlineData("outbound_only", "rowan")]
    public async Task Changed_on_both_sides(string direction, string winner)
    {
        await using var sync = await ConnectedAsync(direction);
        await sync.EditAsync("canary-title", "canary-title-ours");
        sync.Calendar.Edit(Only(sync), c => c with { Title = "canary-title-theirs" });

        await sync.SyncAsync();

        var conflict = await OnlyConflictAsync(sync);
        Assert.Equal(("both_changed", winner, winner + "_wins", "normal", "resolved"), conflict.Verdict);
        Assert.Equal(("canary-title-ours", "canary-title-theirs"), (conflict.Ours, conflict.Theirs));
        Assert.Equal(winner == "external" ? "canary-title-theirs" : "canary-title-ours", Assert.Single(await sync.TitlesAsync()));
        await AssertRecordedOnceAsync(sync);
    }

    [Theory]
    [InlineData("bidirectional", "external")]
    [InlineData("inbound_only", "external")]
    [InlineData("outbound_only", "rowan")]
    public async Task Changed_in_Rowan_and_deleted_outside(string direction, string winner)
    {
        await using var sync = await ConnectedAsync(direction);
        await sync.EditAsync("canary-title", "canary-title-ours");
        sync.Calendar.Remove(Only(sync));

        await sync.SyncAsync();

        var conflict = await OnlyConflictAsync(sync);
        Assert.Equal(("deleted_outside", winner, winner + "_wins", "high", "resolved"), conflict.Verdict);
        Assert.Equal(("canary-title-ours", null, true), (conflict.Ours, conflict.Theirs, conflict.DeletedOutside));
        await AssertRecordedOnceAsync(sync);
    }

    [Theory]
    [InlineData("bidirectional", "external", false)]
    [InlineData("bidirectional", "external", true)]
    [InlineData("outbound_only", "rowan", false)]
    [InlineData("outbound_only", "rowan", true)]
    public async Task Deleted_in_Rowan_and_changed_outside(string direction, string winner, bool purged)
    {
        await using var sync = await ConnectedAsync(direction);
        sync.Calendar.Edit(Only(sync), c => c with { Title = "canary-title-theirs" });
        await sync.DeleteAsync("canary-title");
        if (purged)
        {
            await sync.Database.ExecuteAsync("delete from events");
        }

        await sync.SyncAsync();

        var conflict = await OnlyConflictAsync(sync);
        Assert.Equal(("deleted_in_rowan", winner, winner + "_wins", "high", "resolved"), conflict.Verdict);
        Assert.Equal((purged ? null : "canary-title", "canary-title-theirs", purged), (conflict.Ours, conflict.Theirs, conflict.DeletedInRowan));
        Assert.Equal(winner == "external" ? ["canary-title-theirs"] : [], await sync.TitlesAsync());
        await AssertRecordedOnceAsync(sync);
    }

    [Fact]
    public async Task A_change_of_the_time_matters_more_than_a_change_of_the_title()
    {
        await using var sync = await ConnectedAsync();
        await sync.EditAsync("canary-title", "canary-title-ours");
        sync.Calendar.Edit(Only(sync), c => c with { End = new EventTime.Zoned(new LocalDateTime(2030, 5, 1, 12, 0), "Europe/Berlin") });

        await sync.SyncAsync();

        Assert.Equal("high", (await OnlyConflictAsync(sync)).Severity);
    }

    [Fact]
    public async Task One_event_that_both_sides_had_before_with_differences()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.Database.CreateEventAsync(sync.Space, "canary-title", "2030-05-01T10:00:00+02:00");
        await sync.Database.ExecuteAsync("update events set timezone = 'Europe/Berlin'");
        sync.Calendar.Put("canary-title", location: "canary-place");

        await sync.RunDueAsync();

        Assert.Equal(("found_different", "external", "external_wins", "normal", "resolved"), (await OnlyConflictAsync(sync)).Verdict);
        await AssertRecordedOnceAsync(sync);
    }

    // Scenario: the same edit, typed on two devices.
    [Fact]
    public async Task The_same_edit_on_two_devices_is_kept_and_neither_counted_nor_told()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis, sameEditWindow: "00:05:00");
        var id = sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();
        await sync.EditAsync("canary-title", "canary-title-ours");
        sync.Calendar.LastModified = await sync.Database.QuerySingleAsync<Instant>("select updated_at from events");
        sync.Calendar.Edit(id, c => c with { Title = "canary-title-theirs" });

        await sync.SyncAsync();

        Assert.Equal(("same_edit", "external", "external_wins", "normal", "resolved"), (await OnlyConflictAsync(sync)).Verdict);
        Assert.Equal("same_edit", await sync.Database.QuerySingleAsync<string>("select resolution_notes from calendar_sync_conflicts"));
        Assert.Equal(0, await sync.Database.QuerySingleAsync<int>("select max(conflicts_detected) from calendar_sync_logs"));
        Assert.Equal(0, await sync.CountAsync("in_app_notifications"));
    }

    [Fact]
    public async Task A_pass_that_breaks_off_and_is_done_again_records_its_conflicts_once()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.PageSize = 1;
        var ids = Enumerable.Range(0, 3).Select(i => sync.Calendar.Put($"canary-title-{i}")).ToList();
        await sync.RunDueAsync();
        await sync.Database.ExecuteAsync("update events set location = 'canary-place'");
        ids.ForEach(id => sync.Calendar.Edit(id, c => c with { Description = "canary-text" }));

        // Two pages are recorded, the cursor is not.
        sync.Calendar.BeforePage = page => page < 2 ? Task.CompletedTask : throw new ProviderException(ProviderFault.Transient, "timeout", "Too slow.");
        await sync.Database.ExecuteAsync("update calendar_connections set sync_requested_at = clock_timestamp()");
        foreach (var lease in await sync.Leases.ClaimDueAsync("test", 1, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken))
        {
            await sync.Session.RunAsync(lease, TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, await sync.CountAsync("calendar_sync_conflicts"));
        sync.Calendar.BeforePage = _ => Task.CompletedTask;
        await sync.SyncAsync();

        Assert.Equal(3, await sync.CountAsync("calendar_sync_conflicts"));
        Assert.Equal(3, await sync.Database.QuerySingleAsync<int>("select count(distinct event_id)::int from calendar_sync_conflicts"));
        await sync.AssertQuietAsync();
        Assert.Equal(3, await sync.CountAsync("calendar_sync_conflicts"));
    }

    [Fact]
    public async Task A_conflict_is_open_until_the_other_calendar_of_the_space_holds_the_winner()
    {
        await using var sync = await ConnectedAsync();
        var other = await PausedAsync(sync);
        await ConflictAsync(sync);
        Assert.Equal("detected", (await OnlyConflictAsync(sync)).Status);

        await sync.Database.ExecuteAsync("update calendar_connections set sync_enabled = true where id = @other", new { other });
        await sync.RunDueAsync();

        Assert.Equal("resolved", (await OnlyConflictAsync(sync)).Status);
    }

    [Fact]
    public async Task A_conflict_waits_no_longer_for_a_calendar_that_is_disconnected()
    {
        await using var sync = await ConnectedAsync();
        var other = await PausedAsync(sync);
        await ConflictAsync(sync);
        Assert.Equal("detected", (await OnlyConflictAsync(sync)).Status);

        await using var transaction = await sync.Database.ApiDatabase.BeginAsUserAsync(sync.User, TestContext.Current.CancellationToken);
        await transaction.ExecuteAsync("select disconnect_calendar(@other, false)", new { other }, TestContext.Current.CancellationToken);
        await transaction.CommitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("resolved", (await OnlyConflictAsync(sync)).Status);
    }

    [Fact]
    public async Task A_winner_that_the_calendar_refuses_has_failed_until_it_gets_through()
    {
        await using var sync = await ConnectedAsync("outbound_only");

        // The first try meets the version that nobody had read yet, and that is the conflict.
        var tries = 0;
        sync.Calendar.AnswerInstead = operation => operation is WriteOperation.Update && ++tries > 1 ? new WriteResult.Rejected("too_large", "It is too large.") : null;
        await ConflictAsync(sync);
        Assert.Equal("failed", (await OnlyConflictAsync(sync)).Status);

        sync.Calendar.AnswerInstead = _ => null;
        await sync.SyncAsync(full: true);

        Assert.Equal("resolved", (await OnlyConflictAsync(sync)).Status);
    }

    [Fact]
    public async Task Two_calendars_that_finish_at_the_same_moment_do_not_leave_the_conflict_open()
    {
        await using var sync = await ConnectedAsync();
        await ConflictAsync(sync);
        var other = await PausedAsync(sync);
        await sync.Database.ExecuteAsync(
            """
            update calendar_sync_conflicts set resolution_status = 'detected';
            insert into calendar_sync_queue (event_id, connection_id, operation)
            select event_id, c.id, 'update' from calendar_sync_conflicts cross join calendar_connections c
            """);
        var cancellation = TestContext.Current.CancellationToken;
        const string Complete = "update calendar_sync_queue set status = 'completed' where connection_id = @connection";
        const string Settle = "select settle_calendar_conflicts(array(select event_id from calendar_sync_conflicts))";
        await using var first = await sync.Database.WorkerDatabase.BeginAsServiceAsync(null, cancellation);
        await using var second = await sync.Database.WorkerDatabase.BeginAsServiceAsync(null, cancellation);
        await first.ExecuteAsync(Complete, new { connection = other }, cancellation);
        await second.ExecuteAsync(Complete, new { connection = sync.Connection.Value }, cancellation);
        await first.ExecuteAsync(Settle, null, cancellation);
        var waiting = second.ExecuteAsync(Settle, null, cancellation);
        await first.CommitAsync(cancellation);
        await waiting;
        await second.CommitAsync(cancellation);

        Assert.Equal("resolved", (await OnlyConflictAsync(sync)).Status);
    }

    [Fact]
    public async Task The_history_outlives_event_and_connection()
    {
        await using var sync = await ConnectedAsync();
        await ConflictAsync(sync);

        await sync.Database.ExecuteAsync("delete from events; delete from calendar_connections");

        Assert.Equal(
            ("canary-title-ours", "apple", true, "canary-title-theirs"),
            await sync.Database.QuerySingleAsync<(string, string, bool, string)>(
                "select title, provider::text, connection_id is null, external_version ->> 'title' from calendar_sync_conflicts"));
    }

    // A row that moved to another space keeps its id there: the history of the old space must not show what became of it.
    [Fact]
    public async Task The_history_never_shows_an_event_of_another_space()
    {
        await using var sync = await ConnectedAsync();
        var stranger = await sync.Database.CreateSpaceAsync(await sync.Database.CreateUserAsync());
        await sync.Database.ExecuteAsync("update events set space_id = @stranger, title = 'canary-title-secret'", new { stranger = stranger.Value });
        sync.Calendar.Edit(Only(sync), c => c with { Title = "canary-title-theirs" });

        await sync.SyncAsync();

        var conflict = await OnlyConflictAsync(sync);
        Assert.Equal((null, true), (conflict.Ours, conflict.DeletedInRowan));
        Assert.Equal(1, await sync.Database.QuerySingleAsync<int>(
            "select count(*)::int from calendar_sync_conflicts f join events e on e.id = f.event_id and e.space_id = f.space_id"));
    }

    private async Task<SyncHarness> ConnectedAsync(string direction = "bidirectional")
    {
        var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();
        await sync.Database.ExecuteAsync("update calendar_connections set sync_direction = @direction::sync_direction_type", new { direction });
        return sync;
    }

    /// <summary>Another member's connection to the same calendar, in step, which collects its work and does not run.</summary>
    private static async Task<Guid> PausedAsync(SyncHarness sync)
    {
        var member = await sync.Database.CreateUserAsync();
        await sync.Database.AddMemberAsync(sync.Space, member);
        var connection = await SyncHarness.ConnectAsync(sync.Database, sync.Space, member);
        await sync.RunDueAsync();
        await sync.Database.ExecuteAsync("update calendar_connections set sync_enabled = false where id = @id", new { id = connection.Value });
        return connection.Value;
    }

    private static async Task ConflictAsync(SyncHarness sync)
    {
        await sync.EditAsync("canary-title", "canary-title-ours");
        sync.Calendar.Edit(Only(sync), c => c with { Title = "canary-title-theirs" });
        await sync.SyncAsync();
    }

    private static string Only(SyncHarness sync) => Assert.Single(sync.Calendar.Events.Keys);

    private static async Task<Row> OnlyConflictAsync(SyncHarness sync) => Assert.Single(await sync.Database.QueryAsync<Row>(
        """
        select kind, winning_source::text as winner, resolution_strategy::text as strategy, severity, resolution_status::text as status,
               rowan_version ->> 'title' as ours, external_version ->> 'title' as theirs,
               coalesce((rowan_version ->> 'deleted')::boolean, false) as deleted_in_rowan,
               coalesce((external_version ->> 'deleted')::boolean, false) as deleted_outside
        from calendar_sync_conflicts
        """));

    private static async Task AssertRecordedOnceAsync(SyncHarness sync)
    {
        await sync.AssertQuietAsync();
        Assert.Equal(1, await sync.CountAsync("calendar_sync_conflicts"));
    }

    private sealed record Row
    {
        public string Kind { get; init; } = "";

        public string Winner { get; init; } = "";

        public string Strategy { get; init; } = "";

        public string Severity { get; init; } = "";

        public string Status { get; init; } = "";

        public string? Ours { get; init; }

        public string? Theirs { get; init; }

        public bool DeletedInRowan { get; init; }

        public bool DeletedOutside { get; init; }

        public (string Kind, string Winner, string Strategy, string Severity, string Status) Verdict => (Kind, Winner, Strategy, Severity, Status);
    }
}
