using System.Text.Json.Nodes;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>PATCH of a connection. What the sync does with the settings is tested where the sync is.</summary>
public sealed class ConnectionSettingsTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Settings_change_together_and_the_sync_that_acts_on_them_is_asked_for()
    {
        var (person, id) = await ConnectedAsync();
        var answer = (await PatchAsync(person, id, new
        {
            sync_direction = "inbound_only",
            calendar_ids = Ids("/work/", "/home/", "/work/"),
            target_calendar_id = "/work/",
            excluded_event_types = Ids("task", "task"),
            unknown = 1,
        })).Ok();
        var connection = answer["connection"]!;
        Assert.Equal(("inbound_only", true), ((string?)connection["sync_direction"], (bool?)connection["sync_enabled"]));
        Assert.Equal(["task"], connection["excluded_event_types"]!.AsArray().Select(type => (string?)type));
        Assert.Equal("/home/ true false|/shared/ false false|/work/ true true", await CalendarsAsync(id));
        Assert.Equal("full True 1 True", await RequestAsync(id));
    }

    [Fact]
    public async Task Settings_that_hold_already_ask_for_nothing()
    {
        var (person, id) = await ConnectedAsync();
        (await PatchAsync(person, id, new { sync_direction = "bidirectional", sync_enabled = true, calendar_ids = Ids("/home/", "/work/", "/shared/"), target_calendar_id = "/home/" })).Ok();
        (await PatchAsync(person, id, new { })).Ok();
        Assert.Equal(" False 0 False", await RequestAsync(id));
        Assert.True(await fixture.Database.QuerySingleAsync<bool>("select calendars_chosen from calendar_connections where id = @id", new { id }));
    }

    [Fact]
    public async Task A_pause_cuts_off_what_runs_and_a_resume_is_due_at_once()
    {
        var (person, id) = await ConnectedAsync();
        await fixture.Database.ExecuteAsync("update calendar_connections set lease_until = now() + interval '1 minute', lease_owner = 'test', sync_status = 'syncing' where id = @id", new { id });
        Assert.False((bool?)(await PatchAsync(person, id, new { sync_enabled = false })).Ok()["connection"]!["sync_enabled"]);
        Assert.Equal("active|1|", await fixture.Database.QuerySingleAsync<string>(
            "select sync_status || '|' || fence || '|' || coalesce(lease_owner, '') from calendar_connections where id = @id", new { id }));
        Assert.Contains("paused", (string?)(await person.Client.PostAsync("/api/calendar/sync", new { connection_id = id })).Problem(400, "connection_paused")["error"], StringComparison.Ordinal);
        Assert.Equal("done", (string?)(await person.Client.GetAsync($"/api/calendar/connections/{id}/progress")).Ok()["phase"]);

        await fixture.Database.ExecuteAsync("update calendar_connections set sync_requested_at = null, next_sync_at = now() + interval '1 hour' where id = @id", new { id });
        (await PatchAsync(person, id, new { sync_enabled = true })).Ok();
        Assert.True(await fixture.Database.QuerySingleAsync<bool>("select sync_requested_at is not null and next_sync_at <= now() from calendar_connections where id = @id", new { id }));
    }

    [Fact]
    public async Task Types_that_are_let_out_again_ask_for_a_full_compare_and_types_that_are_excluded_do_not()
    {
        var (person, id) = await ConnectedAsync();
        (await PatchAsync(person, id, new { excluded_event_types = Ids("task", "chore", "bill_due", "meal") })).Ok();
        Assert.Equal(" False 0 False", await RequestAsync(id));
        (await PatchAsync(person, id, new { excluded_event_types = Array.Empty<string>() })).Ok();
        Assert.Equal("full True 0 True", await RequestAsync(id));
    }

    [Theory]
    [InlineData("""{"sync_direction":"sideways"}""", "sync_direction")]
    [InlineData("""{"sync_direction":null}""", "sync_direction")]
    [InlineData("""{"sync_direction":1}""", "sync_direction")]
    [InlineData("""{"sync_enabled":"yes"}""", "sync_enabled")]
    [InlineData("""{"sync_enabled":null}""", "sync_enabled")]
    [InlineData("""{"calendar_ids":[]}""", "calendar_ids")]
    [InlineData("""{"calendar_ids":null}""", "calendar_ids")]
    [InlineData("""{"calendar_ids":["/home/",""]}""", "calendar_ids")]
    [InlineData("""{"calendar_ids":["/home/",null]}""", "calendar_ids")]
    [InlineData("""{"calendar_ids":"/home/"}""", "calendar_ids")]
    [InlineData("""{"calendar_ids":["/home/","/none/"]}""", "calendar_ids")]
    [InlineData("""{"target_calendar_id":"/none/"}""", "target_calendar_id")]
    [InlineData("""{"target_calendar_id":""}""", "target_calendar_id")]
    [InlineData("""{"target_calendar_id":"/shared/"}""", "target_calendar_id")]
    [InlineData("""{"calendar_ids":["/home/"],"target_calendar_id":"/work/"}""", "target_calendar_id")]
    [InlineData("""{"calendar_ids":["/none/"],"target_calendar_id":"/none/"}""", "calendar_ids,target_calendar_id")]
    [InlineData("""{"excluded_event_types":[""]}""", "excluded_event_types")]
    [InlineData("""{"excluded_event_types":"task"}""", "excluded_event_types")]
    [InlineData("""{"excluded_event_types":null}""", "excluded_event_types")]
    [InlineData("""{"sync_direction":"sideways","sync_enabled":null}""", "sync_direction,sync_enabled")]
    public async Task Bad_settings_are_refused_as_a_whole_with_the_member_that_is_wrong(string body, string members)
    {
        var (person, id) = await ConnectedAsync();
        var with = JsonNode.Parse(body)!.AsObject();
        with.TryAdd("sync_direction", "outbound_only");
        Assert.Equal(members, string.Join(',', (await PatchAsync(person, id, with)).InvalidMembers().Select(member => member.Split('[')[0]).Order()));
        Assert.Equal(" False 0 False", await RequestAsync(id));
        Assert.Equal("/home/ true true|/shared/ true false|/work/ true false", await CalendarsAsync(id));
        Assert.Equal("bidirectional", await fixture.Database.QuerySingleAsync<string>("select sync_direction::text from calendar_connections where id = @id", new { id }));
    }

    [Fact]
    public async Task A_target_that_is_taken_out_of_the_choice_gives_way_to_another_calendar_and_comes_back_only_by_choice()
    {
        var (person, id) = await ConnectedAsync();
        (await PatchAsync(person, id, new { calendar_ids = Ids("/work/", "/shared/") })).Ok();
        Assert.Equal("/home/ false false|/shared/ true false|/work/ true true", await CalendarsAsync(id));
        (await PatchAsync(person, id, new { calendar_ids = Ids("/home/", "/work/") })).Ok();
        Assert.Equal("/home/ true false|/shared/ false false|/work/ true true", await CalendarsAsync(id));
        (await PatchAsync(person, id, new { target_calendar_id = "/home/" })).Ok();
        Assert.Equal("/home/ true true|/shared/ false false|/work/ true false", await CalendarsAsync(id));
        (await PatchAsync(person, id, new { calendar_ids = Ids("/shared/") })).Ok();
        Assert.Equal("/home/ false false|/shared/ true false|/work/ false false", await CalendarsAsync(id));
    }

    [Fact]
    public async Task A_calendar_that_is_gone_from_the_account_can_be_kept_or_given_up_and_not_chosen_anew()
    {
        var (person, id) = await ConnectedAsync();
        await fixture.Database.ExecuteAsync(
            """
            update calendar_connection_calendars set removed_at = now() where connection_id = @id and external_calendar_id = '/work/';
            insert into calendar_sync_errors (connection_id, direction, operation, code, message, external_calendar_id, external_event_id)
              values (@id, 'inbound', 'read', 'calendar_gone', 'm', '/work/', '')
            """,
            new { id });
        (await PatchAsync(person, id, new { calendar_ids = Ids("/home/", "/work/") })).Ok();
        var listed = (await person.Client.GetAsync($"/api/calendar/connections/{id}/calendars")).Ok()["calendars"]!.AsArray();
        Assert.Equal(
            ["/home/ False True", "/shared/ False False", "/work/ True False"],
            listed.Select(calendar => $"{calendar!["id"]} {calendar["removed"]!.GetValue<bool>()} {calendar["target"]!.GetValue<bool>()}").Order(StringComparer.Ordinal));
        Assert.Equal(1, await OpenErrorsAsync(id));
        Assert.Equal(["target_calendar_id"], (await PatchAsync(person, id, new { target_calendar_id = "/work/" })).InvalidMembers());

        (await PatchAsync(person, id, new { calendar_ids = Ids("/home/") })).Ok();
        Assert.Equal(0, await OpenErrorsAsync(id));
        Assert.Equal(["calendar_ids"], (await PatchAsync(person, id, new { calendar_ids = Ids("/home/", "/work/") })).InvalidMembers());
    }

    [Fact]
    public async Task Only_the_owner_of_a_connection_and_those_who_run_the_space_may_change_it()
    {
        var runner = await fixture.CreatePersonAsync();
        var connector = await fixture.JoinAsync(runner.Space);
        var admin = await fixture.JoinAsync(runner.Space, "admin");
        var member = await fixture.JoinAsync(runner.Space);
        var stranger = await fixture.CreatePersonAsync();
        var id = (await fixture.Database.CreateConnectionAsync(runner.Space, connector.User)).Value;
        foreach (var person in new[] { runner, connector, admin })
        {
            (await PatchAsync(person, id, new { sync_enabled = false })).Ok();
        }

        (await PatchAsync(member, id, new { sync_enabled = true })).Problem(403, "access_denied");
        (await PatchAsync(stranger, id, new { sync_enabled = true })).Problem(404, "not_found");
        (await PatchAsync(stranger, Guid.NewGuid(), new { sync_enabled = true })).Problem(404, "not_found");
        (await fixture.Host.Anonymous().PatchAsync($"/api/calendar/connections/{id}", new { sync_enabled = true })).Problem(401, "unauthorized");
        Assert.False(await fixture.Database.QuerySingleAsync<bool>("select sync_enabled from calendar_connections where id = @id", new { id }));

        await fixture.Database.ExecuteAsync("update calendar_connections set sync_status = 'disconnected' where id = @id", new { id });
        (await PatchAsync(runner, id, new { sync_enabled = true })).Problem(400, "connection_disconnected");
        (await PatchAsync(member, id, new { sync_enabled = true })).Problem(403, "access_denied");
    }

    [Fact]
    public async Task Of_settings_that_are_changed_at_the_same_time_a_valid_state_remains()
    {
        var (person, id) = await ConnectedAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PatchAsync(
            person, id, i % 2 == 0 ? new { calendar_ids = Ids("/home/"), target_calendar_id = "/home/" } : new { calendar_ids = Ids("/work/"), target_calendar_id = "/work/" })));
        Assert.All(answers, answer => answer.Ok());
        Assert.Contains(
            await CalendarsAsync(id),
            Ids("/home/ true true|/shared/ false false|/work/ false false", "/home/ false false|/shared/ false false|/work/ true true"));
    }

    private static string[] Ids(params string[] ids) => ids;

    private static Task<ApiAnswer> PatchAsync(Person person, Guid id, object body) => person.Client.PatchAsync($"/api/calendar/connections/{id}", body);

    private async Task<(Person Person, Guid Id)> ConnectedAsync()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        await fixture.Database.CreateCalendarAsync(id, "/home/", "canary-calendar home");
        await fixture.Database.CreateCalendarAsync(id, "/work/", "canary-calendar work", target: false);
        await fixture.Database.CreateCalendarAsync(id, "/shared/", "canary-calendar shared", target: false, readOnly: true);
        await fixture.Database.ExecuteAsync("update calendar_connections set provider_calendar_id = '/home/' where id = @id", new { id = id.Value });
        return (person, id.Value);
    }

    private Task<string> CalendarsAsync(Guid id) => fixture.Database.QuerySingleAsync<string>(
        "select string_agg(external_calendar_id || ' ' || selected || ' ' || is_target, '|' order by external_calendar_id) from calendar_connection_calendars where connection_id = @id",
        new { id });

    /// <summary>What was asked for, whether anything was, how often a running pass was cut off, and whether it is due.</summary>
    private async Task<string> RequestAsync(Guid id)
    {
        var (type, asked, fence, due) = await fixture.Database.QuerySingleAsync<(string, bool, long, bool)>(
            "select coalesce(sync_requested_type::text, ''), sync_requested_at is not null, fence, next_sync_at <= now() from calendar_connections where id = @id", new { id });
        return $"{type} {asked} {fence} {due}";
    }

    private Task<long> OpenErrorsAsync(Guid id) =>
        fixture.Database.QuerySingleAsync<long>("select count(*) from calendar_sync_errors where connection_id = @id and resolved_at is null", new { id });
}
