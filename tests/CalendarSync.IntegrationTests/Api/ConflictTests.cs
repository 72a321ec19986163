using System.Globalization;
using System.Text.Json.Nodes;
using CalendarSync.Core.Model;
using CsvHelper;

namespace CalendarSync.IntegrationTests.Api;

public sealed class ConflictTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private static readonly string[] Titles = ["=HYPERLINK(\"canary\")", "+1", "-1", "@canary", "\tcanary", "canary, \"quoted\"\r\nand more"];

    private static readonly string[] SafeTitles = ["'=HYPERLINK(\"canary\")", "'+1", "'-1", "'@canary", "'\tcanary", "canary, \"quoted\"\r\nand more"];

    [Fact]
    public async Task The_history_is_newest_first_with_both_versions_and_plain_words()
    {
        var (person, connection) = await ConnectedAsync();
        var first = await RecordAsync(person, connection, "both_changed", "external", minutesAgo: 2);
        var second = await RecordAsync(person, connection, "deleted_outside", "external", minutesAgo: 1);

        var answer = (await person.Client.GetAsync("/api/calendar/conflicts")).Ok();

        Assert.Equal((2, false), ((int)answer["total_count"]!, (bool)answer["has_more"]!));
        Assert.Equal([second.Conflict, first.Conflict], Ids(answer));
        var oldest = answer["conflicts"]![1]!.AsObject();
        Assert.Equal("Event 'canary-title-ours' was modified in both Rowan and Apple Calendar. Apple Calendar version was kept.", (string?)oldest["message"]);
        Assert.Equal(
            ("apple", "resolved", "external", "external_wins", "normal", "canary-title-ours", "canary-title-theirs"),
            ((string)oldest["provider"]!, (string)oldest["resolution_status"]!, (string)oldest["winning_source"]!, (string)oldest["resolution_strategy"]!,
             (string)oldest["severity"]!, (string)oldest["rowan_version"]!["title"]!, (string)oldest["external_version"]!["title"]!));
        Assert.Equal(connection.Value, (Guid)oldest["connection_id"]!);
        Assert.DoesNotContain("canary-attendee", answer.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(
            "Event 'canary-title-ours' was modified in Rowan and deleted in Apple Calendar. The deletion was kept.",
            (string?)answer["conflicts"]![0]!["message"]);
    }

    [Fact]
    public async Task Filters_and_pages_say_how_many_there_are()
    {
        var (person, connection) = await ConnectedAsync();
        var open = await RecordAsync(person, connection, "both_changed", "rowan", status: "detected");
        for (var i = 0; i < 3; i++)
        {
            await RecordAsync(person, connection, "both_changed", "external", minutesAgo: i);
        }

        var other = await fixture.CreatePersonAsync();
        var elsewhere = await fixture.Database.CreateConnectionAsync(other.Space, other.User);
        await RecordAsync(other, elsewhere, "both_changed", "external");

        Assert.Equal([open.Conflict], Ids((await person.Client.GetAsync("/api/calendar/conflicts?resolution_status=detected")).Ok()));
        Assert.Equal([open.Conflict], Ids((await person.Client.GetAsync($"/api/calendar/conflicts?event_id={open.Event}")).Ok()));
        Assert.Equal(4, Ids((await person.Client.GetAsync($"/api/calendar/conflicts?connection_id={connection.Value}&space_id={person.Space.Value}")).Ok()).Length);
        var page = (await person.Client.GetAsync("/api/calendar/conflicts?limit=3&offset=0")).Ok();
        Assert.Equal((3, 4, true), (Ids(page).Length, (int)page["total_count"]!, (bool)page["has_more"]!));
        var last = (await person.Client.GetAsync("/api/calendar/conflicts?limit=3&offset=3")).Ok();
        Assert.Equal((1, 4, false), (Ids(last).Length, (int)last["total_count"]!, (bool)last["has_more"]!));
        Assert.Equal(4, Ids(page).Concat(Ids(last)).Distinct().Count());
        Assert.Equal(4, (int)(await person.Client.GetAsync("/api/calendar/conflicts?offset=100")).Ok()["total_count"]!);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("offset=-1", "offset")]
    [InlineData("resolution_status=open", "resolution_status")]
    [InlineData("event_id=x", "event_id")]
    public async Task An_invalid_question_is_refused(string query, string member)
    {
        var person = await fixture.CreatePersonAsync();
        Assert.Equal([member], (await person.Client.GetAsync("/api/calendar/conflicts?" + query)).InvalidMembers());
    }

    [Fact]
    public async Task Conflicts_of_other_spaces_do_not_exist()
    {
        var (person, connection) = await ConnectedAsync();
        var conflict = await RecordAsync(person, connection, "both_changed", "external");
        var stranger = (await fixture.CreatePersonAsync()).Client;

        Assert.Empty(Ids((await stranger.GetAsync("/api/calendar/conflicts")).Ok()));
        (await stranger.GetAsync($"/api/calendar/conflicts?space_id={person.Space.Value}")).Problem(403, "space_access_denied");
        (await stranger.GetAsync($"/api/calendar/conflicts?connection_id={connection.Value}")).Problem(404, "not_found");
        (await stranger.GetAsync($"/api/calendar/conflicts/export?space_id={person.Space.Value}")).Problem(403, "space_access_denied");
        (await stranger.PostAsync($"/api/calendar/conflicts/{conflict.Conflict}/resolve", new { winning_source = "rowan" })).Problem(404, "not_found");
        (await stranger.PostAsync($"/api/calendar/conflicts/{Guid.NewGuid()}/resolve", new { winning_source = "rowan" })).Problem(404, "not_found");
        Assert.Equal("canary-title-theirs", await TitleAsync(conflict.Event));
    }

    [Fact]
    public async Task Any_member_decides_in_the_own_name_and_the_other_version_stays()
    {
        var (person, connection) = await ConnectedAsync();
        var member = await fixture.JoinAsync(person.Space);
        var (id, happening) = await RecordAsync(person, connection, "both_changed", "external");

        var decided = (await member.Client.PostAsync($"/api/calendar/conflicts/{id}/resolve", new { winning_source = "rowan", notes = "canary-note" })).Ok()["conflict"]!;

        Assert.Equal("canary-title-ours", await TitleAsync(happening));
        Assert.Equal(
            ("rowan", "manual_review", "canary-note", member.User.Value, "detected"),
            ((string)decided["winning_source"]!, (string)decided["resolution_strategy"]!, (string)decided["resolution_notes"]!, (Guid)decided["resolved_by"]!,
             (string)decided["resolution_status"]!));
        Assert.Equal("canary-title-theirs", (string?)decided["external_version"]!["title"]);
        Assert.Equal("canary-title-theirs", (string?)decided["decisions"]![0]!["replaced"]!["title"]);
        Assert.Equal(
            "Event 'canary-title-ours' was modified in both Rowan and Apple Calendar. A member of the space decided: Rowan version was kept.",
            (string?)decided["message"]);

        // It goes out as an edit, to the calendar that it came from too.
        Assert.Equal(1, await fixture.Database.QuerySingleAsync<int>(
            "select count(*)::int from calendar_sync_queue where event_id = @happening and connection_id = @connection", new { happening, connection = connection.Value }));
        (await person.Client.PostAsync($"/api/calendar/conflicts/{id}/resolve", new { winning_source = "rowan" })).Ok();
        Assert.Equal(member.User.Value, await fixture.Database.QuerySingleAsync<Guid>("select resolved_by from calendar_sync_conflicts where id = @id", new { id }));
    }

    [Fact]
    public async Task A_version_that_is_no_event_of_its_own_cannot_be_written_back()
    {
        var (person, connection) = await ConnectedAsync();
        var (id, _) = await RecordAsync(person, connection, "both_changed", "external");
        await fixture.Database.ExecuteAsync("update calendar_sync_conflicts set rowan_version = '{\"title\": \"canary-title\"}' where id = @id", new { id });
        (await person.Client.PostAsync($"/api/calendar/conflicts/{id}/resolve", new { winning_source = "rowan" })).Problem(409, "version_not_restorable");
    }

    [Theory]
    [InlineData("""{"notes":"x"}""", "winning_source")]
    [InlineData("""{"winning_source":"merged"}""", "winning_source")]
    [InlineData("""{"winning_source":1}""", "winning_source")]
    public async Task An_invalid_decision_is_refused(string body, string member)
    {
        var (person, connection) = await ConnectedAsync();
        var (id, _) = await RecordAsync(person, connection, "both_changed", "external");
        Assert.Equal([member], (await person.Client.PostTextAsync($"/api/calendar/conflicts/{id}/resolve", body)).InvalidMembers());
        Assert.Equal(["notes"], (await person.Client.PostAsync($"/api/calendar/conflicts/{id}/resolve", new { winning_source = "rowan", notes = new string('x', 1001) })).InvalidMembers());
    }

    [Fact]
    public async Task The_export_is_a_table_that_no_spreadsheet_takes_for_formulas()
    {
        var (person, connection) = await ConnectedAsync();
        foreach (var title in Titles)
        {
            await RecordAsync(person, connection, "both_changed", "external", title: title);
        }

        var answer = await person.Client.GetAsync($"/api/calendar/conflicts/export?space_id={person.Space.Value}");

        Assert.Equal((200, "text/csv"), ((int)answer.Status, answer.MediaType));
        Assert.StartsWith("Date,Event,Source,Resolution,Status\r\n", answer.Text, StringComparison.Ordinal);
        var rows = Read(answer.Text);
        Assert.Equal(
            SafeTitles.Order(StringComparer.Ordinal),
            rows.Select(row => row["Event"]).Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.Equal(("Apple Calendar", "Apple Calendar version kept", "resolved"), (row["Source"], row["Resolution"], row["Status"])));
        Assert.All(rows, row => Assert.Matches(@"^\d{4}-\d\d-\d\dT[\d:.]+Z$", row["Date"]));
    }

    [Fact]
    public async Task The_export_holds_every_conflict_once_however_many_there_are()
    {
        var person = await fixture.CreatePersonAsync();
        await fixture.Database.ExecuteAsync(
            """
            insert into calendar_sync_conflicts (space_id, title, rowan_version, external_version, winning_source)
            select @space, 'canary-title-' || n, '{}', '{}', 'external' from generate_series(1, 1100) n
            """,
            new { space = person.Space.Value });

        var rows = Read((await person.Client.GetAsync($"/api/calendar/conflicts/export?space_id={person.Space.Value}")).Text);

        Assert.Equal(1100, rows.Count);
        Assert.Equal(1100, rows.Select(row => row["Event"]).Distinct().Count());
        Assert.Equal(["space_id"], (await person.Client.GetAsync("/api/calendar/conflicts/export")).InvalidMembers());
    }

    [Fact]
    public async Task The_same_edit_on_two_devices_is_listed_and_not_counted()
    {
        var (person, connection) = await ConnectedAsync();
        await RecordAsync(person, connection, "same_edit", "external", status: "detected");
        Assert.Single(Ids((await person.Client.GetAsync("/api/calendar/conflicts")).Ok()));
        var counted = (await person.Client.GetAsync($"/api/calendar/connections/{connection.Value}")).Ok()["connection"]!;
        Assert.Equal((0, 0), ((int)counted["conflicts_pending"]!, (int)counted["conflicts_resolved"]!));
    }

    private async Task<(Person Person, ConnectionId Connection)> ConnectedAsync()
    {
        var person = await fixture.CreatePersonAsync();
        return (person, await fixture.Database.CreateConnectionAsync(person.Space, person.User));
    }

    /// <summary>An event that holds the external version, and the conflict that it lost or won.</summary>
    private async Task<(Guid Conflict, Guid Event)> RecordAsync(
        Person person, ConnectionId connection, string kind, string winner, string status = "resolved", int minutesAgo = 0, string title = "canary-title-ours")
    {
        var happening = await fixture.Database.CreateEventAsync(person.Space, "canary-title-theirs");
        await fixture.Database.CreateMappingAsync(happening, connection, Guid.NewGuid().ToString());
        await fixture.Database.ExecuteAsync("delete from calendar_sync_queue where event_id = @id", new { id = happening.Value });
        var conflict = await fixture.Database.QuerySingleAsync<Guid>(
            """
            insert into calendar_sync_conflicts (space_id, connection_id, event_id, provider, title, kind, winning_source, resolution_strategy, resolution_status,
                                                 detected_at, rowan_version, external_version, external_payload)
            select @space, @connection, e.id, 'apple', @title, @kind, @winner::winning_source, (@winner || '_wins')::resolution_strategy, @status::resolution_status,
                   now() - make_interval(mins => @minutesAgo), to_jsonb(e) || '{"title": "canary-title-ours"}',
                   case @kind when 'deleted_outside' then '{"deleted": true}' else to_jsonb(e) end, 'canary-attendee'
            from events e where e.id = @happening
            returning id
            """,
            new { space = person.Space.Value, connection = connection.Value, happening = happening.Value, title, kind, winner, status, minutesAgo });
        return (conflict, happening.Value);
    }

    private Task<string> TitleAsync(Guid happening) => fixture.Database.QuerySingleAsync<string>("select title from events where id = @happening", new { happening });

    private static Guid[] Ids(JsonObject answer) => [.. answer["conflicts"]!.AsArray().Select(conflict => (Guid)conflict!["id"]!)];

    private static List<Dictionary<string, string>> Read(string text)
    {
        using var csv = new CsvReader(new StringReader(text), CultureInfo.InvariantCulture);
        return [.. csv.GetRecords<dynamic>().Select(row => ((IDictionary<string, object>)row).ToDictionary(field => field.Key, field => (string)field.Value))];
    }
}
