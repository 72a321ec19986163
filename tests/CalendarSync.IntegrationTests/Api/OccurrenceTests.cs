using System.Text.Json.Nodes;
using CalendarSync.Core.Model;

namespace CalendarSync.IntegrationTests.Api;

public sealed class OccurrenceTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_series_and_a_single_event_are_listed_in_the_order_of_time_and_keep_their_wall_time()
    {
        var person = await fixture.CreatePersonAsync();
        var series = await CreateAsync(person, "2026-03-27T08:00:00Z", "canary-series", "daily");
        var single = await CreateAsync(person, "2026-03-28T12:00:00Z", "canary-single", null);

        // The clocks of Berlin change on 29 March. Scenarios 30 and 41.
        var seen = await ListAsync(person, "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z");
        Assert.Equal(
            ["2026-03-28T08:00:00Z canary-series False", "2026-03-28T12:00:00Z canary-single False", "2026-03-29T07:00:00Z canary-series False"],
            seen.Select(Line));
        Assert.Equal([series, single, series], seen.Select(o => (Guid)o["event_id"]!));
        Assert.Equal([$"{series}_20260328T080000Z", $"{single}", $"{series}_20260329T070000Z"], seen.Select(o => (string?)o["occurrence_id"]));
        Assert.Equal("2026-03-29T08:00:00Z", (string?)seen[2]["end_time"]);
    }

    [Fact]
    public async Task Exceptions_and_changed_occurrences_stand_in_for_those_of_the_series()
    {
        var person = await fixture.CreatePersonAsync();
        var series = await CreateAsync(person, "2026-06-08T07:00:00Z", "canary-series", """{"pattern":"daily","end_count":5,"exceptions":["2026-06-09"]}""");
        var moved = await CreateAsync(person, "2026-06-11T13:00:00Z", "canary-moved", null);
        var early = await CreateAsync(person, "2026-06-01T13:00:00Z", "canary-early", null);
        await ExceptAsync(series, "2026-06-10", null);
        await ExceptAsync(series, "2026-06-11", moved);
        await ExceptAsync(series, "2026-06-12", early);

        var seen = await ListAsync(person, "2026-06-08T00:00:00Z", "2026-07-01T00:00:00Z");
        Assert.Equal(["2026-06-08T07:00:00Z canary-series False", "2026-06-11T13:00:00Z canary-moved True"], seen.Select(Line));
        Assert.Equal((series, $"{series}_20260611T070000Z"), ((Guid)seen[1]["event_id"]!, (string?)seen[1]["occurrence_id"]));

        // Moved to before the series begins.
        Assert.Equal(["2026-06-01T13:00:00Z canary-early True"], (await ListAsync(person, "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")).Select(Line));

        // With the series in the trash, its occurrences are gone too.
        (await person.Client.DeleteAsync($"/api/calendar/{series}")).Ok();
        Assert.Empty(await ListAsync(person, "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"));
    }

    [Fact]
    public async Task An_all_day_series_is_listed_by_the_days_of_its_zone()
    {
        var person = await fixture.CreatePersonAsync();
        (await person.Client.PostTextAsync(
            "/api/calendar",
            $$"""{"space_id":"{{person.Space.Value}}","title":"canary-days","all_day":true,"start_date":"2026-03-28","timezone":"Europe/Berlin","recurrence_pattern":"FREQ=DAILY;COUNT=3"}""")).Ok();
        var seen = await ListAsync(person, "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
        Assert.All(seen, o => Assert.True((bool?)o["all_day"]));
        Assert.Equal(["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"], seen.Select(o => (string?)o["start_time"]));
        Assert.EndsWith("_20260328", (string?)seen[0]["occurrence_id"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pattern_that_nobody_understands_is_the_event_itself()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await CreateAsync(person, "2026-06-08T07:00:00Z", "canary-odd", "daily");
        await fixture.Database.ExecuteAsync("update events set recurrence_pattern = 'every full moon' where id = @id", new { id });
        Assert.Equal(["2026-06-08T07:00:00Z canary-odd False"], (await ListAsync(person, "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z")).Select(Line));
    }

    [Fact]
    public async Task More_occurrences_than_an_answer_holds_are_said_to_be_more()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await CreateAsync(person, "2026-06-08T07:00:00Z", "canary-often", "daily");
        await fixture.Database.ExecuteAsync("update events set recurrence_pattern = 'FREQ=SECONDLY' where id = @id", new { id });
        var answer = (await person.Client.GetAsync(Path(person.Space, "2026-06-08T00:00:00Z", "2026-06-10T00:00:00Z"))).Ok();
        Assert.Equal((5000, true), (answer["occurrences"]!.AsArray().Count, (bool)answer["has_more"]!));
    }

    [Theory]
    [InlineData("from=2026-06-08T00:00:00Z", "to")]
    [InlineData("to=2026-06-08T00:00:00Z", "from")]
    [InlineData("from=2026-06-08T00:00:00Z&to=2026-06-08T00:00:00Z", "to")]
    [InlineData("from=2026-06-08T00:00:00Z&to=2027-06-09T00:00:01Z", "to")]
    [InlineData("from=0001-06-08T00:00:00Z&to=0001-06-09T00:00:00Z", "from")]
    public async Task A_window_has_two_ends_and_a_length_of_a_year_at_most(string window, string member)
    {
        var person = await fixture.CreatePersonAsync();
        Assert.Equal([member], (await person.Client.GetAsync($"/api/calendar/occurrences?space_id={person.Space.Value}&{window}")).InvalidMembers());
    }

    [Fact]
    public async Task Another_space_is_closed()
    {
        var (owner, stranger) = (await fixture.CreatePersonAsync(), await fixture.CreatePersonAsync());
        await CreateAsync(owner, "2026-06-08T07:00:00Z", "canary-series", "daily");
        (await stranger.Client.GetAsync(Path(owner.Space, "2026-06-08T00:00:00Z", "2026-06-10T00:00:00Z"))).Problem(403, "space_access_denied");
        Assert.Empty(await ListAsync(stranger, "2026-06-08T00:00:00Z", "2026-06-10T00:00:00Z"));
    }

    private static async Task<Guid> CreateAsync(Person person, string start, string title, string? pattern) =>
        (Guid)(await person.Client.PostAsync("/api/calendar", new
        {
            space_id = person.Space.Value,
            title,
            start_time = start,
            timezone = "Europe/Berlin",
            recurrence_pattern = pattern,
        })).Ok()["data"]!["id"]!;

    private Task<int> ExceptAsync(Guid series, string date, Guid? instance) => fixture.Database.ExecuteAsync(
        """
        insert into recurring_event_exceptions (series_id, exception_date, exception_type, modified_event_id)
        values (@series, @date::date, case when @instance is null then 'deleted' else 'modified' end, @instance::uuid)
        """,
        new { series, date, instance = instance?.ToString() });

    private static async Task<List<JsonNode>> ListAsync(Person person, string from, string to) =>
        [.. (await person.Client.GetAsync(Path(person.Space, from, to))).Ok()["occurrences"]!.AsArray().Select(o => o!)];

    private static string Path(SpaceId space, string from, string to) => $"/api/calendar/occurrences?space_id={space.Value}&from={from}&to={to}";

    private static string Line(JsonNode o) => $"{o["start_time"]} {o["title"]} {(bool)o["is_override"]!}";
}
