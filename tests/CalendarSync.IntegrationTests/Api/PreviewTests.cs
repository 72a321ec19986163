using CalendarSync.Core.Model;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>The worker is played by statements.</summary>
public sealed class PreviewTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private const string Result =
        """
        {"import": [{"title": "canary-title", "start_time": "2030-05-01T08:00:00Z", "end_time": null, "all_day": false, "action": "create"}], "export": [],
         "matches": [{"rowan": {"id": "2f1d9f3e-0000-4000-8000-000000000000", "title": "a", "start_time": "2030-05-01T08:00:00Z", "all_day": false},
                      "external": {"id": null, "title": "b", "start_time": "2030-05-01T08:00:00Z", "all_day": false}, "score": 0.9}],
         "deletes": [], "counts": {"import": 1, "export": 0, "matches": 1, "deletes": 0, "held": 0, "conflicts": 0, "skipped": 0}}
        """;

    [Fact]
    public async Task A_preview_waits_for_its_answer_and_gives_it_once()
    {
        var (person, id) = await ConnectedAsync();
        var asking = AskAsync(person.Client, id);
        await AnswerAsync(id);

        var answer = (await asking).Ok();
        Assert.Equal(("completed", "canary-title", 0.9, 1), ((string)answer["status"]!, (string)answer["import"]![0]!["title"]!, (double)answer["matches"]![0]!["score"]!, (int)answer["counts"]!["import"]!));
        Assert.Equal("b", (string?)answer["matches"]![0]!["external"]!["title"]);
        Assert.Equal(0, await CountAsync(id));
    }

    [Fact]
    public async Task A_preview_that_takes_longer_is_got_by_asking_again_and_counts_once()
    {
        var (person, id) = await ConnectedAsync();
        Assert.Equal("running", (string?)(await person.Client.PostAsync("/api/calendar/preview", new { connection_id = id.Value })).Ok()["status"]);
        await AnswerAsync(id);
        Assert.Equal("completed", (string?)(await AskAsync(person.Client, id)).Ok()["status"]);
    }

    [Fact]
    public async Task A_calendar_that_cannot_be_read_is_an_error_in_its_own_words()
    {
        var (person, id) = await ConnectedAsync();
        var asking = AskAsync(person.Client, id);
        await AskedAsync(id);
        await fixture.Database.ExecuteAsync(
            """
            update calendar_previews set status = 'failed', error_code = 'server_error', error_message = 'In plain words.' where connection_id = @id;
            select pg_notify('calendar_sync_done', @id::text)
            """,
            new { id = id.Value });
        var problem = (await asking).Problem(502, "preview_failed");
        Assert.Equal(("In plain words.", "server_error"), ((string?)problem["error"], (string?)problem["error_code"]));
    }

    [Fact]
    public async Task Only_who_may_sync_may_look_and_nobody_gets_the_answer_of_another()
    {
        var (person, id) = await ConnectedAsync();
        (await (await fixture.JoinAsync(person.Space)).Client.PostAsync("/api/calendar/preview", new { connection_id = id.Value })).Problem(403, "access_denied");
        (await (await fixture.CreatePersonAsync()).Client.PostAsync("/api/calendar/preview", new { connection_id = id.Value })).Problem(404, "not_found");
        Assert.Equal(0, await CountAsync(id));

        var admin = (await fixture.JoinAsync(person.Space, "admin")).Client;
        var (first, second) = (AskAsync(person.Client, id), AskAsync(admin, id));
        await Poll.UntilAsync(async () => await CountAsync(id) == 2, seconds: 60);
        await AnswerAsync(id);
        Assert.Equal(["completed", "completed"], [(string)(await first).Ok()["status"]!, (string)(await second).Ok()["status"]!]);
    }

    [Theory]
    [InlineData("disconnected", "connection_disconnected")]
    [InlineData("token_expired", "reconnect_required")]
    public async Task A_calendar_that_is_not_connected_cannot_be_looked_at(string status, string code)
    {
        var person = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User, status: status);
        (await person.Client.PostAsync("/api/calendar/preview", new { connection_id = id.Value })).Problem(400, code);
        Assert.Equal(["connection_id"], (await person.Client.PostTextAsync("/api/calendar/preview", "{}")).InvalidMembers());
    }

    [Fact]
    public async Task The_eleventh_preview_of_an_hour_has_to_wait()
    {
        var (person, id) = await ConnectedAsync();
        for (var i = 0; i < 10; i++)
        {
            var asking = AskAsync(person.Client, id);
            await AnswerAsync(id);
            (await asking).Ok();
        }

        (await person.Client.PostAsync("/api/calendar/preview", new { connection_id = id.Value })).Problem(429, "rate_limited");
        Assert.Equal(0, await CountAsync(id));
    }

    private async Task<(Person Person, ConnectionId Connection)> ConnectedAsync()
    {
        var person = await fixture.CreatePersonAsync();
        return (person, await fixture.Database.CreateConnectionAsync(person.Space, person.User));
    }

    /// <summary>Asks again as long as it takes: the machine may be slow.</summary>
    private static async Task<ApiAnswer> AskAsync(ApiClient client, ConnectionId id)
    {
        ApiAnswer? answer = null;
        await Poll.UntilAsync(
            async () =>
            {
                answer = await client.PostAsync("/api/calendar/preview", new { connection_id = id.Value });
                return answer.Status != System.Net.HttpStatusCode.OK || (string?)answer.Json["status"] != "running";
            },
            seconds: 90);
        return answer!;
    }

    private Task AskedAsync(ConnectionId id) => Poll.UntilAsync(async () => await CountAsync(id) > 0, seconds: 60);

    private async Task AnswerAsync(ConnectionId id)
    {
        await AskedAsync(id);
        await fixture.Database.ExecuteAsync(
            """
            update calendar_previews set status = 'done', result = @result::jsonb where connection_id = @id;
            select pg_notify('calendar_sync_done', @id::text)
            """,
            new { id = id.Value, result = Result });
    }

    private Task<int> CountAsync(ConnectionId id) =>
        fixture.Database.QuerySingleAsync<int>("select count(*)::int from calendar_previews where connection_id = @id", new { id = id.Value });
}
