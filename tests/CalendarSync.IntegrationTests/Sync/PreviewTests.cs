using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Sync;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>What a preview says is what the next full sync does, and a preview does nothing.</summary>
public sealed class PreviewTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Before_the_first_sync_it_names_what_comes_what_goes_and_what_is_the_same_already()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title-theirs");
        sync.Calendar.Put("canary-title-same", "2030-06-01T10:00:00");
        var same = await sync.Database.CreateEventAsync(sync.Space, "canary-title-same", "2030-06-01T10:00:00+02:00");
        await sync.Database.ExecuteAsync("update events set timezone = 'Europe/Berlin'");
        var ours = await sync.Database.CreateEventAsync(sync.Space, "canary-title-ours");

        var preview = await PreviewAsync(sync);

        Assert.Equal(("canary-title-theirs", "create"), (Assert.Single(preview.Import).Title, preview.Import[0].Action));
        Assert.Equal((ours.Value, "canary-title-ours", "create"), (Assert.Single(preview.Export).EventId, preview.Export[0].Title, preview.Export[0].Action));
        var match = Assert.Single(preview.Matches);
        Assert.Equal((same.Value, "canary-title-same", "canary-title-same", 1.0), (match.Rowan.Id, match.Rowan.Title, match.External.Title, match.Score));
        Assert.Equal(new PreviewCounts(1, 1, 1, 0, 0, 0, 0), preview.Counts);

        var imported = 2;
        await sync.RunDueAsync();
        Assert.Equal(preview.Counts.Import + imported, await sync.CountAsync("events"));
        Assert.Equal(3, sync.Calendar.Events.Count);
    }

    [Fact]
    public async Task Later_it_names_every_kind_of_change_on_both_sides()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var ids = Enumerable.Range(0, 7).ToDictionary(i => i, i => sync.Calendar.Put($"canary-title-{i}"));
        await sync.RunDueAsync();
        sync.Calendar.Edit(ids[0], c => c with { Description = "canary-text" });
        await sync.EditAsync("canary-title-1", "canary-title-ours");
        sync.Calendar.Edit(ids[2], c => c with { Title = "canary-title-theirs" });
        await sync.EditAsync("canary-title-2", "canary-title-ours-too");
        sync.Calendar.Remove(ids[3]);
        await sync.DeleteAsync("canary-title-4");
        sync.Calendar.Edit(ids[5], c => c with { Description = "canary-text" });
        await sync.DeleteAsync("canary-title-5");
        sync.Calendar.Put("canary-title-series", rule: "FREQ=DAILY");

        var preview = await PreviewAsync(sync);

        Assert.Equal(
            [("canary-title-0", "update"), ("canary-title-5", "restore"), ("canary-title-theirs", "update")],
            preview.Import.Select(i => (i.Title, i.Action)).Order());
        Assert.Equal(("canary-title-ours", "update"), (Assert.Single(preview.Export).Title, preview.Export[0].Action));
        Assert.Equal(
            [("external", "canary-title-4", false), ("rowan", "canary-title-3", false)],
            preview.Deletes.Select(d => (d.Side, d.Title!, d.Held)).Order());
        Assert.Equal(new PreviewCounts(3, 1, 0, 2, 0, 2, 1), preview.Counts);
    }

    [Fact]
    public async Task It_does_nothing_whatever_it_finds()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var id = sync.Calendar.Put("canary-title");
        sync.Calendar.Put("canary-title-gone");
        await sync.RunDueAsync();
        await sync.EditAsync("canary-title", "canary-title-ours");
        sync.Calendar.Edit(id, c => c with { Title = "canary-title-theirs" });
        sync.Calendar.Put("canary-title-new");
        await sync.DeleteAsync("canary-title-gone");
        var (writes, before) = (sync.Calendar.Writes, await EverythingAsync(sync));

        Assert.NotEqual(new PreviewCounts(0, 0, 0, 0, 0, 0, 0), (await PreviewAsync(sync)).Counts);

        Assert.Equal(writes, sync.Calendar.Writes);
        Assert.Equal(before, await EverythingAsync(sync));
    }

    [Fact]
    public async Task A_calendar_that_came_back_empty_would_delete_nothing()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var ids = Enumerable.Range(0, 12).Select(i => sync.Calendar.Put($"canary-title-{i}")).ToList();
        await sync.RunDueAsync();
        ids.ForEach(sync.Calendar.Remove);

        var preview = await PreviewAsync(sync);

        Assert.All(preview.Deletes, d => Assert.True(d.Held));
        Assert.Equal((12, 12), (preview.Counts.Deletes, preview.Counts.Held));
    }

    [Fact]
    public async Task A_space_that_was_emptied_would_empty_no_calendar()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        for (var i = 0; i < 12; i++)
        {
            sync.Calendar.Put($"canary-title-{i}");
        }

        await sync.RunDueAsync();
        await sync.Database.ExecuteAsync("update events set deleted_at = now()");

        var preview = await PreviewAsync(sync);

        Assert.All(preview.Deletes, d => Assert.Equal(("external", true), (d.Side, d.Held)));
        Assert.Equal((12, 12), (preview.Counts.Deletes, preview.Counts.Held));
    }

    [Fact]
    public async Task An_event_that_went_to_another_calendar_of_the_account_is_no_deletion()
    {
        const string Zoo = "/calendars/zoo/";
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.SetCalendar(new RemoteCalendar(Zoo, "Zoo"));
        await sync.Database.CreateCalendarAsync(sync.Connection, Zoo, target: false);
        var id = sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();
        sync.Calendar.Put("canary-title", uid: sync.Calendar.Events[id].Uid, calendar: Zoo);
        sync.Calendar.Remove(id);

        Assert.Equal(new PreviewCounts(0, 0, 0, 0, 0, 0, 0), (await PreviewAsync(sync)).Counts);
    }

    [Fact]
    public async Task Lists_are_cut_and_counts_are_not()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        for (var i = 0; i < 130; i++)
        {
            sync.Calendar.Put($"canary-title-{i}");
        }

        await sync.Database.ExecuteAsync(
            "insert into events (space_id, title, start_time) select @space, 'canary-title', '2031-01-01T10:00:00Z'::timestamptz + make_interval(hours => n) from generate_series(1, 620) n",
            new { space = sync.Space.Value });

        var preview = await PreviewAsync(sync);

        Assert.Equal((130, 620), (preview.Counts.Import, preview.Counts.Export));
        Assert.Equal((100, 100), (preview.Import.Count, preview.Export.Count));
    }

    [Fact]
    public async Task It_neither_waits_for_a_pass_nor_keeps_one_waiting()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title");
        var lease = Assert.Single(await sync.Leases.ClaimDueAsync("test", 1, TimeSpan.FromMinutes(1), Cancellation));

        // A pass in the middle of a page: it holds the connection.
        await using var page = await sync.Database.WorkerDatabase.BeginAsServiceAsync(sync.Connection, Cancellation);
        await LeaseStore.HoldAsync(page, lease, Cancellation);
        Assert.Equal(1, (await PreviewAsync(sync)).Counts.Import);
        await page.CommitAsync(Cancellation);

        await sync.Session.RunAsync(lease, Cancellation);
        await sync.AssertSameTitlesAsync("canary-title");
    }

    [Fact]
    public async Task What_goes_wrong_is_the_answer()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.BeforePage = _ => throw new ProviderException(ProviderFault.Transient, "server_error", "The calendar server has a problem of its own.");
        var answer = await AnswerAsync(sync);
        Assert.Equal(("failed", "server_error", "The calendar server has a problem of its own."), (answer.Status, answer.ErrorCode, answer.ErrorMessage));
        Assert.Equal("active", (await sync.StateAsync()).Status);
    }

    [Fact]
    public async Task A_worker_that_stops_gives_the_question_back_and_one_that_died_loses_it()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        var (id, isNew) = await AskAsync(sync);
        Assert.Equal((id, false), await AskAsync(sync));
        Assert.True(isNew);
        using var stopping = new CancellationTokenSource();
        sync.Calendar.BeforePage = async _ =>
        {
            await stopping.CancelAsync();
            stopping.Token.ThrowIfCancellationRequested();
        };
        var first = await sync.Previews.ClaimAsync(PreviewSession.Limit, Cancellation);
        Assert.Null(await sync.Previews.ClaimAsync(PreviewSession.Limit, Cancellation));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sync.PreviewSession.RunAsync(first!, stopping.Token));

        sync.Calendar.BeforePage = _ => Task.CompletedTask;
        Assert.NotNull(await sync.Previews.ClaimAsync(PreviewSession.Limit, Cancellation));
        await sync.Database.ExecuteAsync("update calendar_previews set claimed_until = now() - interval '1 second'");
        await sync.PreviewSession.RunAsync((await sync.Previews.ClaimAsync(PreviewSession.Limit, Cancellation))!, Cancellation);
        Assert.Equal("done", (await TakeAsync(sync, id))?.Status);
        Assert.Equal("taken", (await TakeAsync(sync, id))?.Status);
    }

    private static async Task<SyncPreview> PreviewAsync(SyncHarness sync)
    {
        var answer = await AnswerAsync(sync);
        Assert.Equal(("done", null), (answer.Status, answer.ErrorMessage));
        return PreviewStore.Read(answer.Result!);
    }

    private static async Task<PreviewAnswer> AnswerAsync(SyncHarness sync)
    {
        var (id, _) = await AskAsync(sync);
        await sync.PreviewSession.RunAsync((await sync.Previews.ClaimAsync(PreviewSession.Limit, Cancellation))!, Cancellation);
        return (await TakeAsync(sync, id))!;
    }

    private static async Task<(Guid Id, bool IsNew)> AskAsync(SyncHarness sync)
    {
        await using var transaction = await sync.Database.ApiDatabase.BeginAsUserAsync(sync.User, Cancellation);
        var asked = await PreviewStore.RequestAsync(transaction, sync.Connection, Cancellation);
        await transaction.CommitAsync(Cancellation);
        return asked;
    }

    private static async Task<PreviewAnswer?> TakeAsync(SyncHarness sync, Guid id)
    {
        await using var transaction = await sync.Database.ApiDatabase.BeginAsUserAsync(sync.User, Cancellation);
        var answer = await PreviewStore.TakeAsync(transaction, id, Cancellation);
        await transaction.CommitAsync(Cancellation);
        return answer;
    }

    private static async Task<string> EverythingAsync(SyncHarness sync)
    {
        var tables = new[]
        {
            "events", "calendar_event_mappings", "calendar_connections", "calendar_connection_calendars", "calendar_sync_queue", "calendar_sync_logs",
            "calendar_sync_conflicts", "calendar_sync_errors", "in_app_notifications",
        };
        var rows = new List<string>();
        foreach (var table in tables)
        {
            rows.AddRange(await sync.Database.QueryAsync<string>($"select '{table} ' || to_jsonb(t)::text from {table} t order by 1"));
        }

        return string.Join('\n', rows);
    }
}
