using CalendarSync.Core.Model;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>The worker is played by statements, so that each moment of a pass can be held still.</summary>
public sealed class SyncTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_sync_waits_for_its_pass_and_tells_what_that_did()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        var asking = person.Client.PostAsync("/api/calendar/sync", new { connection_id = id.Value });
        await RequestedAsync(id);

        // A pass that only pushed an edit may come first: it is counted, and is not the answer.
        await PassAsync(id, "incremental", "completed", created: 1, finish: true);
        var log = await PassAsync(id, "manual", "in_progress");
        Assert.False(asking.IsCompleted);
        await FinishAsync(id, log, "completed", created: 2, updated: 3, deleted: 4, conflicts: 5);

        var answer = (await asking).Ok();
        Assert.Equal("completed", (string?)answer["status"]);
        Assert.True((bool?)answer["success"]);
        Assert.Equal(log, (Guid?)answer["sync_log_id"]);
        Assert.Equal(
            (10, 3, 3, 4, 5),
            ((int)answer["events_synced"]!, (int)answer["events_created"]!, (int)answer["events_updated"]!, (int)answer["events_deleted"]!, (int)answer["conflicts_detected"]!));
        Assert.Equal("Sync completed successfully. 10 events processed.", (string?)answer["message"]);
    }

    [Theory]
    [InlineData("full", "full")]
    [InlineData("incremental", "manual")]
    [InlineData(null, "manual")]
    public async Task The_kind_of_sync_reaches_the_worker(string? asked, string stored)
    {
        var person = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        var asking = person.Client.PostAsync("/api/calendar/sync", new { connection_id = id.Value, sync_type = asked });
        await RequestedAsync(id);
        Assert.Equal(stored, await fixture.Database.QuerySingleAsync<string>("select sync_requested_type::text from calendar_connections where id = @id", new { id = id.Value }));
        await PassAsync(id, stored, "completed", finish: true);
        (await asking).Ok();
    }

    [Fact]
    public async Task A_pass_that_failed_is_an_error_in_its_own_words()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        var asking = person.Client.PostAsync("/api/calendar/sync", new { connection_id = id.Value });
        await RequestedAsync(id);
        var log = await PassAsync(id, "manual", "in_progress");
        await fixture.Database.ExecuteAsync(
            "update calendar_sync_logs set error_code = 'server_error', error_message = 'The calendar server has a problem of its own.' where id = @log", new { log });
        await FinishAsync(id, log, "failed");
        var problem = (await asking).Problem(502, "sync_failed");
        Assert.Equal(
            ("The calendar server has a problem of its own.", "server_error", log),
            ((string?)problem["error"], (string?)problem["error_code"], (Guid?)problem["sync_log_id"]));
    }

    [Fact]
    public async Task A_sync_that_takes_longer_goes_on_in_the_background()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        var asking = person.Client.PostAsync("/api/calendar/sync", new { connection_id = id.Value });
        await RequestedAsync(id);
        var log = await PassAsync(id, "manual", "in_progress");
        var answer = (await asking).Ok();
        Assert.Equal(("running", log), ((string?)answer["status"], (Guid?)answer["sync_log_id"]));
    }

    [Theory]
    [InlineData("{}", "connection_id")]
    [InlineData("""{"connection_id":"none"}""", "connection_id")]
    [InlineData("""{"connection_id":"2f1d9f3e-0000-4000-8000-000000000000","sync_type":"webhook_triggered"}""", "sync_type")]
    public async Task An_invalid_request_is_refused(string body, string member)
    {
        var person = await fixture.CreatePersonAsync();
        Assert.Equal([member], (await person.Client.PostTextAsync("/api/calendar/sync", body)).InvalidMembers());
    }

    [Fact]
    public async Task A_connection_that_must_be_connected_again_says_so_at_once()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User, status: "token_expired");
        (await person.Client.PostAsync("/api/calendar/sync", new { connection_id = id.Value })).Problem(400, "reconnect_required");
        await fixture.Database.ExecuteAsync("update calendar_connections set last_error_message = 'In plain words.' where id = @id", new { id = id.Value });
        Assert.Equal("In plain words.", (string?)(await person.Client.PostAsync("/api/calendar/sync", new { connection_id = id.Value })).Problem(400, "reconnect_required")["error"]);
    }

    [Fact]
    public async Task The_history_is_newest_first_and_says_how_many_conflicts_are_open()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        var first = await PassAsync(id, "full", "completed", created: 7, finish: true);
        var second = await PassAsync(id, "incremental", "partial", finish: true);
        await fixture.Database.ExecuteAsync(
            """
            update calendar_sync_logs set started_at = '2026-03-10T14:00:00Z', completed_at = '2026-03-10T14:00:02Z' where id = @first;
            insert into calendar_sync_conflicts (connection_id, space_id, rowan_version, external_version) values (@id, @space, '{}', '{}')
            """,
            new { first, id = id.Value, space = person.Space.Value });
        var history = (await person.Client.GetAsync($"/api/calendar/sync?connection_id={id.Value}")).Ok();
        Assert.Equal([second, first], history["sync_logs"]!.AsArray().Select(log => (Guid)log!["id"]!));
        Assert.Equal(1, (int?)history["pending_conflicts"]);
        var oldest = history["sync_logs"]![1]!.AsObject();
        Assert.Equal(
            ("full", "completed", 7, "2026-03-10T14:00:00Z"),
            ((string)oldest["sync_type"]!, (string)oldest["status"]!, (int)oldest["events_created"]!, (string)oldest["started_at"]!));
        foreach (var member in new[] { "connection_id", "completed_at", "events_updated", "events_deleted", "conflicts_detected", "error_message" })
        {
            Assert.True(oldest.ContainsKey(member), member);
        }

        Assert.Single((await person.Client.GetAsync($"/api/calendar/sync?connection_id={id.Value}&limit=1")).Ok()["sync_logs"]!.AsArray());
        Assert.Equal(["limit"], (await person.Client.GetAsync($"/api/calendar/sync?connection_id={id.Value}&limit=101")).InvalidMembers());
        Assert.Equal(["connection_id"], (await person.Client.GetAsync("/api/calendar/sync")).InvalidMembers());
    }

    private Task RequestedAsync(ConnectionId id) => Poll.UntilAsync(() => fixture.Database.QuerySingleAsync<bool>(
        "select sync_requested_at is not null from calendar_connections where id = @id", new { id = id.Value }));

    private async Task<Guid> PassAsync(ConnectionId id, string type, string status, int created = 0, bool finish = false)
    {
        var log = await fixture.Database.QuerySingleAsync<Guid>(
            """
            insert into calendar_sync_logs (connection_id, sync_type, sync_direction, status, started_at)
            values (@id, @type::sync_type, 'bidirectional', @status::sync_log_status, clock_timestamp()) returning id
            """,
            new { id = id.Value, type, status });
        if (finish)
        {
            await FinishAsync(id, log, status, created);
        }

        return log;
    }

    private Task<int> FinishAsync(ConnectionId id, Guid log, string status, int created = 0, int updated = 0, int deleted = 0, int conflicts = 0) => fixture.Database.ExecuteAsync(
        """
        update calendar_sync_logs
        set status = @status::sync_log_status, completed_at = clock_timestamp(), events_created = @created, events_updated = @updated, events_deleted = @deleted,
            conflicts_detected = @conflicts, events_synced = @created + @updated + @deleted
        where id = @log;
        select pg_notify('calendar_sync_done', @id::text)
        """,
        new { log, id = id.Value, status, created, updated, deleted, conflicts });
}

/// <summary>Waits for what another process does.</summary>
internal static class Poll
{
    public static async Task UntilAsync(Func<Task<bool>> condition, int seconds = 90)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(seconds), "It did not happen in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
