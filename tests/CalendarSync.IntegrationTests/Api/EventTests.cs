using System.Text.Json.Nodes;
using CalendarSync.Core.Model;

namespace CalendarSync.IntegrationTests.Api;

public sealed class EventTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private const string Start = "2026-03-10T14:00:00Z";
    private const string End = "2026-03-10T15:30:00Z";

    [Fact]
    public async Task A_created_event_has_Rowans_shape_and_can_be_read_again()
    {
        var person = await fixture.CreatePersonAsync();
        var created = (await person.Client.PostAsync("/api/calendar", new
        {
            space_id = person.Space.Value,
            title = "  canary-title dinner ",
            description = "canary-description",
            location = "canary-location",
            start_time = "2026-03-10T15:00:00+01:00",
            end_time = End,
            timezone = "Europe/Paris",
            custom_color = "#A1B2C3",
            category = "family",
            assigned_to = person.User.Value,
        })).Ok();

        Assert.True((bool?)created["success"]);
        var data = created["data"]!.AsObject();
        Assert.Equal("canary-title dinner", (string?)data["title"]);
        Assert.Equal(Start, (string?)data["start_time"]);
        Assert.Equal(End, (string?)data["end_time"]);
        Assert.Equal("Europe/Paris", (string?)data["timezone"]);
        Assert.False((bool?)data["all_day"]);
        Assert.Null(data["start_date"]);
        Assert.Equal("family", (string?)data["category"]);
        Assert.Equal("not-started", (string?)data["status"]);
        Assert.Equal("#A1B2C3", (string?)data["custom_color"]);
        Assert.Equal(person.User.Value, (Guid?)data["created_by"]);
        Assert.Equal(person.User.Value, (Guid?)data["assigned_to"]);
        foreach (var member in new[] { "event_type", "is_recurring", "recurrence_pattern", "deleted_at", "deleted_by", "show_countdown", "countdown_label", "linked_bill_id", "created_at", "updated_at" })
        {
            Assert.True(data.ContainsKey(member), member);
        }

        var read = (await person.Client.GetAsync($"/api/calendar/{data["id"]}")).Ok();
        Assert.True(JsonNode.DeepEquals(data, read["data"]), $"{data}\n{read["data"]}");
    }

    [Fact]
    public async Task A_timed_event_without_an_end_or_a_zone_lasts_an_hour_in_the_zone_of_the_user()
    {
        var data = await CreateAsync(await fixture.CreatePersonAsync(), new JsonObject { ["start_time"] = Start });
        Assert.Equal("2026-03-10T15:00:00Z", (string?)data["end_time"]);
        Assert.Equal("Europe/Berlin", (string?)data["timezone"]);
    }

    [Fact]
    public async Task An_all_day_event_is_given_by_dates_and_stored_as_midnights_of_its_zone()
    {
        var data = await CreateAsync(await fixture.CreatePersonAsync(), new JsonObject
        {
            ["all_day"] = true,
            ["start_date"] = "2026-03-08",
            ["end_date"] = "2026-03-10",
            ["timezone"] = "America/New_York",
        });

        // DST begins in New York on 8 March 2026: the second midnight lies 47 hours after the first.
        Assert.Equal("2026-03-08T05:00:00Z", (string?)data["start_time"]);
        Assert.Equal("2026-03-10T04:00:00Z", (string?)data["end_time"]);
        Assert.Equal("2026-03-08", (string?)data["start_date"]);
        Assert.Equal("2026-03-10", (string?)data["end_date"]);
        Assert.True((bool?)data["all_day"]);
    }

    [Fact]
    public async Task An_all_day_event_without_an_end_is_one_day()
    {
        var data = await CreateAsync(await fixture.CreatePersonAsync(), new JsonObject { ["all_day"] = true, ["start_date"] = "2026-05-01" });
        Assert.Equal("2026-05-02", (string?)data["end_date"]);
        Assert.Equal("2026-04-30T22:00:00Z", (string?)data["start_time"]);
    }

    [Theory]
    [InlineData("""{"title":""}""", "title")]
    [InlineData("""{"title":"   "}""", "title")]
    [InlineData("""{"title":"a\u0000b"}""", "title")]
    [InlineData("""{"start_time":null}""", "start_time")]
    [InlineData("""{"start_time":"2026-03-10"}""", "start_time")]
    [InlineData("""{"start_time":"2026-03-10T14:00:00"}""", "start_time")]
    [InlineData("""{"start_time":"0026-03-10T14:00:00Z"}""", "start_time")]
    [InlineData("""{"start_time":1773151200}""", "start_time")]
    [InlineData("""{"end_time":"2026-03-10T13:59:59Z"}""", "end_time")]
    [InlineData("""{"start_date":"2026-03-10"}""", "start_date")]
    [InlineData("""{"all_day":true,"start_date":"2026-03-10","end_date":"2026-03-10"}""", "end_date")]
    [InlineData("""{"all_day":true,"start_date":"10.3.2026"}""", "start_date")]
    [InlineData("""{"all_day":"yes"}""", "all_day")]
    [InlineData("""{"timezone":"Mars/Olympus"}""", "timezone")]
    [InlineData("""{"custom_color":"red"}""", "custom_color")]
    [InlineData("""{"category":"holiday"}""", "category")]
    [InlineData("""{"status":"cancelled"}""", "status")]
    [InlineData("""{"is_recurring":true}""", "recurrence_pattern")]
    [InlineData("""{"recurrence_pattern":"every full moon"}""", "recurrence_pattern")]
    [InlineData("""{"assigned_to":"nobody"}""", "assigned_to")]
    [InlineData("""{"space_id":null}""", "space_id")]
    public async Task An_invalid_event_is_refused_with_the_member_that_is_wrong(string change, string member)
    {
        var person = await fixture.CreatePersonAsync();
        var body = new JsonObject { ["space_id"] = person.Space.Value, ["title"] = "canary-title", ["start_time"] = Start };
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
        {
            body[name] = value?.DeepClone();
        }

        var answer = await person.Client.PostTextAsync("/api/calendar", body.ToJsonString());
        Assert.Equal([member], answer.InvalidMembers());
        Assert.Equal(0, await fixture.Database.QuerySingleAsync<long>("select count(*) from events where space_id = @space", new { space = person.Space.Value }));
    }

    [Fact]
    public async Task Texts_up_to_Rowans_lengths_are_kept_and_longer_ones_refused()
    {
        var person = await fixture.CreatePersonAsync();
        var longest = new JsonObject { ["title"] = new string('t', 200), ["description"] = new string('d', 2000), ["location"] = new string('l', 500), ["start_time"] = Start };
        var kept = await CreateAsync(person, longest);
        Assert.Equal(2000, ((string?)kept["description"])!.Length);

        var answer = await person.Client.PostAsync("/api/calendar", new
        {
            space_id = person.Space.Value,
            title = new string('t', 201),
            description = new string('d', 2001),
            location = new string('l', 501),
            start_time = Start,
        });
        Assert.Equal(["title", "description", "location"], answer.InvalidMembers());
    }

    [Fact]
    public async Task An_event_can_only_be_assigned_to_a_member_of_its_space()
    {
        var person = await fixture.CreatePersonAsync();
        var stranger = await fixture.CreatePersonAsync();
        var answer = await person.Client.PostAsync(
            "/api/calendar", new { space_id = person.Space.Value, title = "canary-title", start_time = Start, assigned_to = stranger.User.Value });
        Assert.Equal(["assigned_to"], answer.InvalidMembers());
    }

    [Theory]
    [InlineData("weekly:1,3")]
    [InlineData("RRULE:FREQ=WEEKLY;BYDAY=MO,WE")]
    [InlineData("""{"pattern":"monthly","interval":2,"exceptions":["2026-04-10"]}""")]
    public async Task A_repetition_is_kept_as_it_was_written(string pattern)
    {
        var data = await CreateAsync(await fixture.CreatePersonAsync(), new JsonObject { ["start_time"] = Start, ["recurrence_pattern"] = pattern });
        Assert.Equal(pattern, (string?)data["recurrence_pattern"]);
        Assert.True((bool?)data["is_recurring"]);
    }

    [Fact]
    public async Task Fields_that_are_not_the_clients_cannot_be_written()
    {
        var person = await fixture.CreatePersonAsync();
        var id = Guid.NewGuid();
        var data = await CreateAsync(person, new JsonObject
        {
            ["start_time"] = Start,
            ["id"] = id,
            ["created_by"] = Guid.NewGuid(),
            ["external_source"] = "google",
            ["sync_locked"] = true,
            ["deleted_at"] = Start,
            ["created_at"] = Start,
        });
        Assert.NotEqual(id, (Guid?)data["id"]);
        var path = $"/api/calendar/{data["id"]}";
        var other = await fixture.Database.CreateSpaceAsync(person.User);
        (await person.Client.PatchAsync(path, new
        {
            id,
            space_id = other.Value,
            created_by = Guid.NewGuid(),
            external_source = "google",
            sync_locked = true,
            deleted_at = Start,
            created_at = Start,
            ical_uid = "x",
            sync_generation = 7,
        })).Ok();

        var row = await fixture.Database.QuerySingleAsync<(Guid Space, Guid CreatedBy, string? Source, bool Locked, DateTime? Deleted, string? Uid, int Generation)>(
            "select space_id, created_by, external_source::text, sync_locked, deleted_at, ical_uid, sync_generation from events where id = @id",
            new { id = (Guid)data["id"]! });
        Assert.Equal((person.Space.Value, person.User.Value, null, false, null, null, 0), row);
    }

    [Fact]
    public async Task A_patch_changes_only_the_members_that_it_names()
    {
        var person = await fixture.CreatePersonAsync();
        var before = await CreateAsync(person, new JsonObject { ["start_time"] = Start, ["end_time"] = End, ["location"] = "canary-location", ["category"] = "work" });
        var after = (await person.Client.PatchAsync($"/api/calendar/{before["id"]}", new { title = "canary-title new", location = (string?)null })).Ok()["data"]!;
        Assert.Equal("canary-title new", (string?)after["title"]);
        Assert.Null(after["location"]);
        foreach (var member in new[] { "start_time", "end_time", "timezone", "category", "status", "all_day", "created_at" })
        {
            Assert.Equal(before[member]?.ToJsonString(), after[member]?.ToJsonString());
        }
    }

    [Fact]
    public async Task A_patch_moves_an_event_and_turns_it_into_whole_days_and_back()
    {
        var person = await fixture.CreatePersonAsync();
        var path = $"/api/calendar/{(await CreateAsync(person, new JsonObject { ["start_time"] = Start, ["end_time"] = End }))["id"]}";

        var moved = (await person.Client.PatchAsync(path, new { start_time = "2026-03-11T08:00:00Z", end_time = "2026-03-11T09:00:00Z" })).Ok()["data"]!;
        Assert.Equal("2026-03-11T08:00:00Z", (string?)moved["start_time"]);

        var days = (await person.Client.PatchAsync(path, new { all_day = true, start_date = "2026-03-12", end_date = "2026-03-14" })).Ok()["data"]!;
        Assert.Equal("2026-03-11T23:00:00Z", (string?)days["start_time"]);

        var zoned = (await person.Client.PatchAsync(path, new { timezone = "America/New_York" })).Ok()["data"]!;
        Assert.Equal(("2026-03-12", "2026-03-14", "2026-03-12T04:00:00Z"), ((string?)zoned["start_date"], (string?)zoned["end_date"], (string?)zoned["start_time"]));

        var timed = (await person.Client.PatchAsync(path, new { all_day = false, start_time = Start, end_time = End })).Ok()["data"]!;
        Assert.Equal((false, Start, End, null), ((bool?)timed["all_day"], (string?)timed["start_time"], (string?)timed["end_time"], (string?)timed["start_date"]));
    }

    [Theory]
    [InlineData("""{"title":null}""", "title")]
    [InlineData("""{"title":7}""", "title")]
    [InlineData("""{"start_time":null}""", "start_time")]
    [InlineData("""{"end_time":"2020-01-01T00:00:00Z"}""", "end_time")]
    [InlineData("""{"all_day":"yes"}""", "all_day")]
    [InlineData("""{"is_recurring":true}""", "recurrence_pattern")]
    [InlineData("""{"assigned_to":"2f1d9f3e-0000-4000-8000-000000000000"}""", "assigned_to")]
    public async Task An_invalid_patch_changes_nothing(string patch, string member)
    {
        var person = await fixture.CreatePersonAsync();
        var before = await CreateAsync(person, new JsonObject { ["start_time"] = Start });
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/calendar/{before["id"]}") { Content = new StringContent(patch, null, "application/json") };
        using var response = await person.Client.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal((400, member), ((int)response.StatusCode, (string?)problem["details"]![0]!["path"]![0]));
        Assert.True(JsonNode.DeepEquals(before, (await person.Client.GetAsync($"/api/calendar/{before["id"]}")).Ok()["data"]));
    }

    [Fact]
    public async Task A_deleted_event_is_gone_until_it_is_restored()
    {
        var person = await fixture.CreatePersonAsync();
        var path = $"/api/calendar/{(await CreateAsync(person, new JsonObject { ["start_time"] = Start }))["id"]}";

        (await person.Client.DeleteAsync(path)).Ok();
        (await person.Client.GetAsync(path)).Problem(404, "not_found");
        (await person.Client.DeleteAsync(path)).Problem(404, "not_found");
        (await person.Client.PatchAsync(path, new { title = "x" })).Problem(404, "not_found");
        var list = $"/api/calendar?space_id={person.Space.Value}";
        Assert.Empty((await person.Client.GetAsync(list)).Ok()["data"]!.AsArray());
        Assert.Single((await person.Client.GetAsync($"{list}&include_deleted=true")).Ok()["data"]!.AsArray());
        var trashed = (await person.Client.GetAsync($"{path}?include_deleted=true")).Ok()["data"]!;
        Assert.NotNull(trashed["deleted_at"]);
        Assert.Equal(person.User.Value, (Guid?)trashed["deleted_by"]);

        var restored = (await person.Client.PostAsync($"{path}/restore")).Ok()["data"]!;
        Assert.Null(restored["deleted_at"]);
        Assert.Null(restored["deleted_by"]);
        (await person.Client.PostAsync($"{path}/restore")).Ok();
        (await person.Client.GetAsync(path)).Ok();
    }

    [Fact]
    public async Task A_window_holds_what_overlaps_it_in_the_order_of_the_starts()
    {
        var person = await fixture.CreatePersonAsync();
        async Task AddAsync(string title, string start, string end, string? pattern = null) =>
            await CreateAsync(person, new JsonObject { ["title"] = title, ["start_time"] = start, ["end_time"] = end, ["recurrence_pattern"] = pattern });

        await AddAsync("ends at from", "2026-03-09T10:00:00Z", "2026-03-10T00:00:00Z");
        await AddAsync("spans all", "2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z");
        await AddAsync("reaches in", "2026-03-09T23:00:00Z", "2026-03-10T01:00:00Z");
        await AddAsync("no length at from", "2026-03-10T00:00:00Z", "2026-03-10T00:00:00Z");
        await AddAsync("inside", "2026-03-10T12:00:00Z", "2026-03-10T13:00:00Z");
        await AddAsync("starts at to", "2026-03-11T00:00:00Z", "2026-03-11T01:00:00Z");
        await AddAsync("old series", "2026-01-05T12:00:00Z", "2026-01-05T13:00:00Z", "weekly:1");

        var window = (await person.Client.GetAsync($"/api/calendar?space_id={person.Space.Value}&from=2026-03-10T00:00:00Z&to=2026-03-11T00:00:00Z")).Ok();
        Assert.Equal(["old series", "spans all", "reaches in", "no length at from", "inside"], window["data"]!.AsArray().Select(item => (string?)item!["title"]));
        Assert.False((bool?)window["has_more"]);
    }

    [Fact]
    public async Task A_list_comes_in_pages()
    {
        var person = await fixture.CreatePersonAsync();
        foreach (var day in new[] { "11", "10", "12" })
        {
            await CreateAsync(person, new JsonObject { ["title"] = day, ["start_time"] = $"2026-03-{day}T12:00:00Z" });
        }

        var list = $"/api/calendar?space_id={person.Space.Value}&limit=2";
        var first = (await person.Client.GetAsync(list)).Ok();
        var second = (await person.Client.GetAsync($"{list}&offset=2")).Ok();
        Assert.Equal(["10", "11"], first["data"]!.AsArray().Select(item => (string?)item!["title"]));
        Assert.Equal(["12"], second["data"]!.AsArray().Select(item => (string?)item!["title"]));
        Assert.Equal((true, false), ((bool?)first["has_more"], (bool?)second["has_more"]));
    }

    [Theory]
    [InlineData("", "space_id")]
    [InlineData("space_id=none", "space_id")]
    [InlineData("space_id={0}&from=yesterday", "from")]
    [InlineData("space_id={0}&from=2026-03-10T00:00:00Z&to=2026-03-10T00:00:00Z", "to")]
    [InlineData("space_id={0}&limit=0", "limit")]
    [InlineData("space_id={0}&limit=1001", "limit")]
    [InlineData("space_id={0}&limit=ten", "limit")]
    [InlineData("space_id={0}&offset=-1", "offset")]
    [InlineData("space_id={0}&include_deleted=perhaps", "include_deleted")]
    public async Task An_invalid_query_is_refused_with_the_parameter_that_is_wrong(string query, string parameter)
    {
        var person = await fixture.CreatePersonAsync();
        var answer = await person.Client.GetAsync("/api/calendar?" + query.Replace("{0}", person.Space.Value.ToString(), StringComparison.Ordinal));
        Assert.Equal([parameter], answer.InvalidMembers());
    }

    [Fact]
    public async Task Every_member_of_the_space_may_change_its_events()
    {
        var owner = await fixture.CreatePersonAsync();
        var member = await fixture.JoinAsync(owner.Space);
        var path = $"/api/calendar/{(await CreateAsync(owner, new JsonObject { ["start_time"] = Start }))["id"]}";
        (await member.Client.GetAsync(path)).Ok();
        (await member.Client.PatchAsync(path, new { title = "canary-title theirs" })).Ok();
        (await member.Client.DeleteAsync(path)).Ok();
        (await member.Client.PostAsync($"{path}/restore")).Ok();
    }

    [Fact]
    public async Task Events_of_another_space_are_not_found_exactly_like_missing_ones()
    {
        var owner = await fixture.CreatePersonAsync();
        var stranger = await fixture.CreatePersonAsync();
        var theirs = $"/api/calendar/{(await CreateAsync(owner, new JsonObject { ["start_time"] = Start }))["id"]}";
        var missing = $"/api/calendar/{Guid.NewGuid()}";
        foreach (var ask in new Func<string, Task<ApiAnswer>>[]
        {
            stranger.Client.GetAsync,
            stranger.Client.DeleteAsync,
            path => stranger.Client.PatchAsync(path, new { title = "mine now" }),
            path => stranger.Client.PostAsync($"{path}/restore"),
            path => stranger.Client.GetAsync($"{path}?include_deleted=true"),
        })
        {
            var (one, other) = ((await ask(theirs)).Problem(404, "not_found"), (await ask(missing)).Problem(404, "not_found"));
            one.Remove("traceId");
            other.Remove("traceId");
            Assert.True(JsonNode.DeepEquals(one, other));
        }

        (await stranger.Client.GetAsync($"/api/calendar?space_id={owner.Space.Value}")).Problem(403, "space_access_denied");
        (await stranger.Client.GetAsync($"/api/calendar?space_id={Guid.NewGuid()}")).Problem(403, "space_access_denied");
        (await stranger.Client.PostAsync("/api/calendar", new { space_id = owner.Space.Value, title = "canary-title", start_time = Start })).Problem(403, "space_access_denied");
        Assert.Equal("canary-title", (string?)(await owner.Client.GetAsync(theirs)).Ok()["data"]!["title"]);
    }

    [Fact]
    public async Task An_edit_through_the_api_is_queued_for_the_connected_calendar()
    {
        var person = await fixture.CreatePersonAsync();
        var connection = await fixture.Database.CreateConnectionAsync(person.Space, person.User);
        var id = (Guid)(await CreateAsync(person, new JsonObject { ["start_time"] = Start }))["id"]!;
        await fixture.Database.CreateMappingAsync(new RowanEventId(id), connection, "outside");
        async Task<string> QueuedAsync() => await fixture.Database.QuerySingleAsync<string>(
            "select operation::text from calendar_sync_queue where event_id = @id and connection_id = @connection and status = 'pending'",
            new { id, connection = connection.Value });
        Assert.Equal("create", await QueuedAsync());
        (await person.Client.DeleteAsync($"/api/calendar/{id}")).Ok();
        Assert.Equal("delete", await QueuedAsync());
    }

    private static async Task<JsonNode> CreateAsync(Person person, JsonObject body)
    {
        body["space_id"] = person.Space.Value;
        body["title"] ??= "canary-title";
        return (await person.Client.PostTextAsync("/api/calendar", body.ToJsonString())).Ok()["data"]!;
    }
}
