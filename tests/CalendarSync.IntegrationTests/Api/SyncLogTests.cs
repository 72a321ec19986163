using System.Text.Json.Nodes;

namespace CalendarSync.IntegrationTests.Api;

public sealed class SyncLogTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task The_history_can_be_searched_and_paged()
    {
        var person = await fixture.CreatePersonAsync();
        var connection = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        await fixture.Database.ExecuteAsync(
            """
            insert into calendar_sync_logs (connection_id, sync_type, sync_direction, status, started_at, completed_at, events_created, events_synced, phases, trace_id)
            select @id, v.type::sync_type, 'bidirectional', v.status::sync_log_status, v.at::timestamptz, v.at::timestamptz + interval '1500 ms', 2, 2,
                   '{"pull": 1200, "push": 300}', 'canary-trace'
            from (values ('full', 'completed', '2026-03-10T10:00:00Z'), ('manual', 'failed', '2026-03-10T23:59:59Z'),
                         ('incremental', 'completed', '2026-03-11T00:00:00Z')) as v(type, status, at)
            """,
            new { id = connection.Value });

        var all = (await person.Client.GetAsync($"/api/calendar/sync-logs?connection_id={connection.Value}")).Ok();
        Assert.Equal(["incremental", "manual", "full"], Types(all));
        var log = all["logs"]![2]!;
        Assert.Equal(
            (2, 1500, 1200, 300, "canary-trace"),
            ((int)log["events_created"]!, (int)log["duration_ms"]!, (int)log["phases"]!["pull"]!, (int)log["phases"]!["push"]!, (string)log["trace_id"]!));

        Assert.Equal(["manual"], await SearchAsync("status=failed"));
        Assert.Equal(["full"], await SearchAsync("sync_type=full"));
        Assert.Equal(["manual", "full"], await SearchAsync("start_date=2026-03-10&end_date=2026-03-10"));
        Assert.Equal(["incremental", "manual"], await SearchAsync("start_date=2026-03-10T12:00:00Z"));
        Assert.Equal(["full"], await SearchAsync("end_date=2026-03-10T12:00:00Z"));
        var page = (await person.Client.GetAsync("/api/calendar/sync-logs?limit=2&offset=0")).Ok();
        Assert.Equal((2, 3, true), (Types(page).Length, (int)page["total_count"]!, (bool)page["has_more"]!));
        Assert.False((bool?)(await person.Client.GetAsync("/api/calendar/sync-logs?limit=2&offset=2")).Ok()["has_more"]);

        async Task<string[]> SearchAsync(string query) => Types((await person.Client.GetAsync("/api/calendar/sync-logs?" + query)).Ok());
    }

    [Theory]
    [InlineData("status=ok", "status")]
    [InlineData("sync_type=some", "sync_type")]
    [InlineData("start_date=yesterday", "start_date")]
    [InlineData("end_date=2026-13-01", "end_date")]
    [InlineData("limit=101", "limit")]
    public async Task An_invalid_question_is_refused(string query, string member)
    {
        var person = await fixture.CreatePersonAsync();
        Assert.Equal([member], (await person.Client.GetAsync("/api/calendar/sync-logs?" + query)).InvalidMembers());
    }

    [Fact]
    public async Task The_history_of_other_spaces_does_not_exist()
    {
        var person = await fixture.CreatePersonAsync();
        var connection = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        await fixture.Database.ExecuteAsync(
            "insert into calendar_sync_logs (connection_id, sync_type, sync_direction) values (@id, 'full', 'bidirectional')", new { id = connection.Value });
        var stranger = (await fixture.CreatePersonAsync()).Client;
        Assert.Empty(Types((await stranger.GetAsync("/api/calendar/sync-logs")).Ok()));
        (await stranger.GetAsync($"/api/calendar/sync-logs?connection_id={connection.Value}")).Problem(404, "not_found");
    }

    private static string[] Types(JsonObject answer) => [.. answer["logs"]!.AsArray().Select(log => (string)log!["sync_type"]!)];
}
