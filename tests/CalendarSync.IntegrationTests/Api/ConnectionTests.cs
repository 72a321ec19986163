using System.Text.Json.Nodes;
using CalendarSync.Core.Model;

namespace CalendarSync.IntegrationTests.Api;

public sealed class ConnectionTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task The_three_providers_are_listed_and_only_what_is_built_can_be_connected()
    {
        var person = await fixture.CreatePersonAsync();
        var providers = (await person.Client.GetAsync("/api/calendar/providers")).Ok()["providers"]!.AsArray();
        Assert.Equal(
            [("google", "coming_soon", "oauth", false), ("apple", "available", "app_password", false), ("cozi", "coming_soon", "password", true)],
            providers.Select(p => ((string)p!["provider"]!, (string)p["status"]!, (string)p["auth"]!, (bool)p["unofficial"]!)));
        Assert.Equal([false, false, true], providers.Select(p => p!.AsObject().ContainsKey("warning")));
    }

    [Fact]
    public async Task A_connection_is_shown_with_its_counts_to_every_member_of_its_space()
    {
        var owner = await fixture.CreatePersonAsync();
        var member = await fixture.JoinAsync(owner.Space);
        var id = await fixture.Database.CreateConnectionAsync(owner.Space, owner.User, status: "error", account: "canary-account@example.com");
        await fixture.Database.ExecuteAsync(
            """
            update calendar_connections set last_error_code = 'server_error', last_error_message = 'In plain words.', last_sync_at = '2026-03-10T14:00:00Z' where id = @id;
            insert into calendar_sync_errors (connection_id, direction, operation, code, message, external_event_id) values (@id, 'inbound', 'read', 'unreadable_event', 'm', 'x');
            insert into calendar_sync_errors (connection_id, direction, operation, code, message, external_event_id, resolved_at) values (@id, 'inbound', 'read', 'unreadable_event', 'm', 'y', now());
            insert into calendar_sync_conflicts (connection_id, space_id, rowan_version, external_version, resolution_status)
              values (@id, @space, '{}', '{}', 'detected'), (@id, @space, '{}', '{}', 'resolved'), (@id, @space, '{}', '{}', 'resolved')
            """,
            new { id = id.Value, space = owner.Space.Value });
        foreach (var name in new[] { "a", "b", "c" })
        {
            await fixture.Database.CreateMappingAsync(await fixture.Database.CreateEventAsync(owner.Space), id, name);
        }

        var mine = (await owner.Client.GetAsync($"/api/calendar/connections/{id.Value}")).Ok()["connection"]!;
        var theirs = (await member.Client.GetAsync($"/api/calendar/connections/{id.Value}")).Ok()["connection"]!;
        Assert.True(JsonNode.DeepEquals(mine, theirs));
        Assert.Equal((3, 1, 2, 1), ((int)mine["events_synced"]!, (int)mine["conflicts_pending"]!, (int)mine["conflicts_resolved"]!, (int)mine["errors_open"]!));
        Assert.Equal(("error", "server_error", "In plain words."), ((string?)mine["sync_status"], (string?)mine["last_error_code"], (string?)mine["last_error_message"]));
        Assert.Equal(("apple", "bidirectional", true), ((string?)mine["provider"], (string?)mine["sync_direction"], (bool?)mine["sync_enabled"]));
        Assert.Equal("2026-03-10T14:00:00Z", (string?)mine["last_sync_at"]);
        Assert.Equal((owner.User.Value, owner.Space.Value), ((Guid)mine["user_id"]!, (Guid)mine["space_id"]!));
        Assert.False(mine.AsObject().ContainsKey("progress"));
    }

    [Fact]
    public async Task Connections_are_listed_newest_first_by_space_by_provider_and_over_all_spaces()
    {
        var person = await fixture.CreatePersonAsync();
        var second = await fixture.Database.CreateSpaceAsync(person.User);
        var old = await AddAsync(person.Space, "apple", "2026-01-01");
        var google = await AddAsync(person.Space, "google", "2026-01-02");
        var elsewhere = await AddAsync(second, "apple", "2026-01-03");
        await AddAsync(person.Space, "outlook", "2026-01-04");
        await AddAsync((await fixture.CreatePersonAsync()).Space, "apple", "2026-01-05");

        async Task<Guid[]> ListAsync(string path) => [.. (await person.Client.GetAsync(path)).Ok()["connections"]!.AsArray().Select(c => (Guid)c!["id"]!)];
        Assert.Equal([elsewhere, google, old], await ListAsync("/api/calendar/connections"));
        Assert.Equal([google, old], await ListAsync($"/api/calendar/connections?space_id={person.Space.Value}"));
        Assert.Equal([old], await ListAsync($"/api/calendar/connect/apple?space_id={person.Space.Value}"));
        Assert.Empty(await ListAsync($"/api/calendar/connect/cozi?space_id={person.Space.Value}"));

        async Task<Guid> AddAsync(SpaceId space, string provider, string created)
        {
            var owner = space == person.Space || space == second ? person.User : await fixture.Database.CreateUserAsync();
            var id = await fixture.Database.CreateConnectionAsync(space, owner, provider);
            await fixture.Database.ExecuteAsync("update calendar_connections set created_at = @created::timestamptz where id = @id", new { id = id.Value, created });
            return id.Value;
        }
    }

    [Fact]
    public async Task Rowans_list_has_Rowans_members()
    {
        var person = await fixture.CreatePersonAsync();
        await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        var item = (await person.Client.GetAsync($"/api/calendar/connect/apple?space_id={person.Space.Value}")).Ok()["connections"]![0]!.AsObject();
        Assert.Equal(
            ["id", "provider", "provider_account_id", "sync_status", "sync_direction", "last_sync_at", "last_error_message", "created_at"],
            item.Select(member => member.Key));
        (await person.Client.GetAsync("/api/calendar/connect/outlook?space_id=" + person.Space.Value)).Problem(404, "not_found");
        Assert.Equal(["space_id"], (await person.Client.GetAsync("/api/calendar/connect/apple")).InvalidMembers());
    }

    [Fact]
    public async Task The_calendars_of_an_account_are_listed()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        await fixture.Database.CreateCalendarAsync(id, "/work/", "canary-calendar work", target: false, readOnly: true, selected: false);
        await fixture.Database.CreateCalendarAsync(id, "/home/", "canary-calendar home");
        var calendars = (await person.Client.GetAsync($"/api/calendar/connections/{id.Value}/calendars")).Ok()["calendars"]!.AsArray();
        Assert.Equal(
            [("/home/", false, true), ("/work/", true, false)],
            calendars.Select(c => ((string)c!["id"]!, (bool)c["read_only"]!, (bool)c["selected"]!)));
        Assert.DoesNotContain("cursor", calendars.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_of_another_space_are_not_found_exactly_like_missing_ones()
    {
        var owner = await fixture.CreatePersonAsync();
        var stranger = await fixture.CreatePersonAsync();
        var theirs = (await fixture.Database.CreateConnectionAsync(owner.Space, owner.User)).Value;
        foreach (var ask in new Func<Guid, Task<ApiAnswer>>[]
        {
            id => stranger.Client.GetAsync($"/api/calendar/connections/{id}"),
            id => stranger.Client.GetAsync($"/api/calendar/connections/{id}/calendars"),
            id => stranger.Client.GetAsync($"/api/calendar/connections/{id}/progress"),
            id => stranger.Client.GetAsync($"/api/calendar/sync?connection_id={id}"),
            id => stranger.Client.PostAsync("/api/calendar/sync", new { connection_id = id }),
            id => stranger.Client.PostAsync("/api/calendar/disconnect", new { connection_id = id }),
            id => stranger.Client.DeleteAsync($"/api/calendar/disconnect/{id}"),
        })
        {
            var (one, other) = ((await ask(theirs)).Problem(404, "not_found"), (await ask(Guid.NewGuid())).Problem(404, "not_found"));
            one.Remove("traceId");
            other.Remove("traceId");
            Assert.True(JsonNode.DeepEquals(one, other));
        }

        foreach (var space in new[] { owner.Space.Value, Guid.NewGuid() })
        {
            (await stranger.Client.GetAsync($"/api/calendar/connections?space_id={space}")).Problem(403, "space_access_denied");
            (await stranger.Client.GetAsync($"/api/calendar/connect/apple?space_id={space}")).Problem(403, "space_access_denied");
        }

        Assert.Equal("active", await StatusAsync(new ConnectionId(theirs)));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_disconnect_in_either_form_cleans_up_and_keeps_or_trashes_the_imported_events(bool byAddress, bool deleteEvents)
    {
        var person = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        await fixture.Database.CreateCalendarAsync(id, "calendar");
        await fixture.Database.StoreSecretAsync(id, "app_specific_password", "v1.x.y");
        var imported = await fixture.Database.CreateEventAsync(person.Space);
        var exported = await fixture.Database.CreateEventAsync(person.Space);
        await fixture.Database.CreateMappingAsync(imported, id, "in");
        await fixture.Database.CreateMappingAsync(exported, id, "out", origin: "exported");

        var answer = (byAddress
            ? await person.Client.DeleteAsync($"/api/calendar/disconnect/{id.Value}{(deleteEvents ? "?delete_synced_events=true" : "")}")
            : await person.Client.PostAsync("/api/calendar/disconnect", new { connection_id = id.Value, delete_synced_events = deleteEvents })).Ok();
        Assert.Equal(
            (true, 2, "apple", "Calendar disconnected successfully"),
            ((bool)answer["success"]!, (int)answer["events_unsynced"]!, (string)answer["provider"]!, (string)answer["message"]!));

        Assert.Equal("disconnected", await StatusAsync(id));
        var left = await fixture.Database.QuerySingleAsync<long>(
            """
            select (select count(*) from calendar_private.calendar_secrets where connection_id = @id) + (select count(*) from calendar_event_mappings where connection_id = @id)
                 + (select count(*) from calendar_connection_calendars where connection_id = @id) + (select count(*) from calendar_sync_queue where connection_id = @id)
            """,
            new { id = id.Value });
        Assert.Equal(0, left);
        Assert.Equal(deleteEvents, (await person.Client.GetAsync($"/api/calendar/{imported.Value}")).Status == System.Net.HttpStatusCode.NotFound);
        (await person.Client.GetAsync($"/api/calendar/{exported.Value}")).Ok();

        (await person.Client.PostAsync("/api/calendar/sync", new { connection_id = id.Value })).Problem(400, "connection_disconnected");
        Assert.Equal(0, (int?)(await person.Client.DeleteAsync($"/api/calendar/disconnect/{id.Value}")).Ok()["events_unsynced"]);
    }

    [Fact]
    public async Task Only_the_owner_of_a_connection_and_those_who_run_the_space_may_disconnect_and_sync_it()
    {
        var runner = await fixture.CreatePersonAsync();
        var connector = await fixture.JoinAsync(runner.Space);
        var admin = await fixture.JoinAsync(runner.Space, "admin");
        var member = await fixture.JoinAsync(runner.Space);
        foreach (var (person, may) in new[] { (runner, true), (connector, true), (admin, true), (member, false) })
        {
            await fixture.Database.ExecuteAsync("delete from calendar_connections where space_id = @space", new { space = runner.Space.Value });
            var id = await fixture.Database.CreateConnectionAsync(runner.Space, connector.User);
            if (!may)
            {
                (await person.Client.PostAsync("/api/calendar/sync", new { connection_id = id.Value })).Problem(403, "access_denied");
                (await person.Client.PostAsync("/api/calendar/disconnect", new { connection_id = id.Value })).Problem(403, "access_denied");
                (await person.Client.DeleteAsync($"/api/calendar/disconnect/{id.Value}")).Problem(403, "access_denied");
                Assert.True(await fixture.Database.QuerySingleAsync<bool>("select sync_requested_at is null from calendar_connections where id = @id", new { id = id.Value }));
            }
            else
            {
                (await person.Client.DeleteAsync($"/api/calendar/disconnect/{id.Value}")).Ok();
            }

            Assert.Equal(may ? "disconnected" : "active", await StatusAsync(id));
        }
    }

    [Fact]
    public async Task A_disconnect_without_a_connection_is_refused()
    {
        var person = await fixture.CreatePersonAsync();
        Assert.Equal(["connection_id"], (await person.Client.PostTextAsync("/api/calendar/disconnect", "{}")).InvalidMembers());
        (await person.Client.DeleteAsync("/api/calendar/disconnect/none")).Problem(404, "not_found");
    }

    private Task<string> StatusAsync(ConnectionId id) =>
        fixture.Database.QuerySingleAsync<string>("select sync_status::text from calendar_connections where id = @id", new { id = id.Value });
}
