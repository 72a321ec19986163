using CalendarSync.Core.Model;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>The list of what is not in step, and trying again.</summary>
public sealed class ErrorListTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task The_list_says_what_is_wrong_what_helps_and_when_it_is_tried_again()
    {
        var owner = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(owner.Space, owner.User);
        await AddErrorAsync(id, "outbound", "too_large", "canary-title");
        await fixture.Database.ExecuteAsync("update calendar_sync_errors set next_retry_at = '2030-01-01T00:00:00Z' where connection_id = @id", new { id = id.Value });
        await AddErrorAsync(id, "inbound", "unreadable_event", null, resolved: true);

        var error = Assert.Single((await (await fixture.JoinAsync(owner.Space)).Client.GetAsync($"/api/calendar/errors?connection_id={id.Value}")).Ok()["errors"]!.AsArray())!;

        Assert.Equal(
            ("canary-title", "update", "too_large", "Shorten its description or remove attachments.", "2030-01-01T00:00:00Z"),
            ((string)error["title"]!, (string)error["operation"]!, (string)error["code"]!, (string)error["action"]!, (string)error["next_retry_at"]!));
        Assert.Equal("A message.", (string?)error["message"]);
        Assert.NotNull(error["occurred_at"]);
        Assert.Equal(["connection_id"], (await owner.Client.GetAsync("/api/calendar/errors")).InvalidMembers());
        (await (await fixture.CreatePersonAsync()).Client.GetAsync($"/api/calendar/errors?connection_id={id.Value}")).Problem(404, "not_found");
    }

    [Fact]
    public async Task Trying_again_makes_the_item_and_its_connection_due_for_those_who_may()
    {
        var owner = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(owner.Space, owner.User);
        var error = await AddErrorAsync(id, "inbound", "unreadable_event", null);
        var address = $"/api/calendar/errors/{error}/retry";

        (await (await fixture.JoinAsync(owner.Space)).Client.PostAsync(address)).Problem(403, "access_denied");
        (await (await fixture.CreatePersonAsync()).Client.PostAsync(address)).Problem(404, "not_found");
        (await owner.Client.PostAsync($"/api/calendar/errors/{Guid.NewGuid()}/retry")).Problem(404, "not_found");
        Assert.Equal("retrying", (string?)(await owner.Client.PostAsync(address)).Ok()["status"]);
        Assert.Equal("retrying", (string?)(await (await fixture.JoinAsync(owner.Space, "admin")).Client.PostAsync(address)).Ok()["status"]);
        Assert.True(await fixture.Database.QuerySingleAsync<bool>(
            """
            select c.sync_requested_at is not null and e.next_retry_at <= now()
            from calendar_connections c join calendar_sync_errors e on e.connection_id = c.id where c.id = @id
            """,
            new { id = id.Value }));

        await fixture.Database.ExecuteAsync("update calendar_sync_errors set resolved_at = now() where id = @error", new { error });
        Assert.Equal("resolved", (string?)(await owner.Client.PostAsync(address)).Ok()["status"]);
    }

    private Task<Guid> AddErrorAsync(ConnectionId connection, string direction, string code, string? title, bool resolved = false) =>
        fixture.Database.QuerySingleAsync<Guid>(
            """
            insert into calendar_sync_errors (connection_id, external_calendar_id, external_event_id, direction, operation, title, code, message, resolved_at)
            values (@connection, 'calendar', 'event', @direction, case when @direction = 'inbound' then 'read' else 'update' end, @title, @code, 'A message.',
                    case when @resolved then now() end)
            returning id
            """,
            new { connection = connection.Value, direction, code, title, resolved });
}
