using System.Text.Json.Nodes;

namespace CalendarSync.IntegrationTests.Api;

public sealed class OpenApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    public static readonly TheoryData<string, string> Routes = new()
    {
        { "get", "/api/calendar/providers" },
        { "post", "/api/calendar/connect/apple" },
        { "get", "/api/calendar/connect/{provider}" },
        { "get", "/api/calendar/connections" },
        { "get", "/api/calendar/connections/{id}" },
        { "patch", "/api/calendar/connections/{id}" },
        { "get", "/api/calendar/connections/{id}/calendars" },
        { "post", "/api/calendar/connections/{id}/reconnect" },
        { "get", "/api/calendar/connections/{id}/progress" },
        { "get", "/api/calendar/connections/{id}/held-deletions" },
        { "post", "/api/calendar/connections/{id}/held-deletions" },
        { "get", "/api/calendar/errors" },
        { "post", "/api/calendar/errors/{id}/retry" },
        { "post", "/api/calendar/disconnect" },
        { "delete", "/api/calendar/disconnect/{connectionId}" },
        { "post", "/api/calendar/sync" },
        { "get", "/api/calendar/sync" },
        { "get", "/api/calendar/sync-logs" },
        { "post", "/api/calendar/preview" },
        { "get", "/api/calendar/conflicts" },
        { "get", "/api/calendar/conflicts/export" },
        { "post", "/api/calendar/conflicts/{id}/resolve" },
        { "get", "/api/notifications" },
        { "post", "/api/notifications/{id}/read" },
        { "get", "/api/calendar" },
        { "post", "/api/calendar" },
        { "get", "/api/calendar/occurrences" },
        { "get", "/api/calendar/{id}" },
        { "patch", "/api/calendar/{id}" },
        { "delete", "/api/calendar/{id}" },
        { "post", "/api/calendar/{id}/restore" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Every_route_is_described_with_its_answers_and_needs_a_token(string method, string path)
    {
        var document = await DocumentAsync();
        var operation = document["paths"]![path]?[method];
        Assert.True(operation is not null, $"{method} {path} is not in the document.");
        Assert.NotEmpty((string)operation["summary"]!);
        Assert.NotEmpty((string)operation["description"]!);
        Assert.Single(operation["tags"]!.AsArray());
        Assert.Single(operation["security"]!.AsArray());
        var responses = operation["responses"]!.AsObject();
        var mediaType = path.EndsWith("export", StringComparison.Ordinal) ? "text/csv" : "application/json";
        Assert.NotNull(responses["200"]!["content"]![mediaType]!["schema"]);
        foreach (var status in new[] { "401", "429", "500", "503" })
        {
            Assert.NotNull(responses[status]!["content"]!["application/problem+json"]!["schema"]);
        }

        var takesNothing = path.Split('/')[^1] is "restore" or "retry" or "read";
        Assert.Equal(method is "post" or "patch" && !takesNothing, operation["requestBody"] is not null);
        foreach (var name in path.Split('{').Skip(1).Select(part => part[..part.IndexOf('}', StringComparison.Ordinal)]))
        {
            Assert.Contains(operation["parameters"]!.AsArray(), parameter => (string?)parameter!["name"] == name && (string?)parameter["in"] == "path");
        }
    }

    [Fact]
    public async Task The_document_names_no_other_route_of_the_calendar()
    {
        var described = (await DocumentAsync())["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => (operation.Key, path.Key)))
            .Where(route => route.Item2.StartsWith("/api/", StringComparison.Ordinal));
        Assert.Equal(Routes.Select(route => (route.Data.Item1, route.Data.Item2)).Order(), described.Order());
    }

    [Fact]
    public async Task The_document_describes_types_as_they_are_on_the_wire()
    {
        var document = await DocumentAsync();
        var create = document["components"]!["schemas"]!["EventsCreateRequest"]!["properties"]!;
        Assert.Equal("uuid", (string?)create["space_id"]!["format"]);
        Assert.Equal("date-time", (string?)create["start_time"]!["format"]);
        Assert.Equal("date", (string?)create["start_date"]!["format"]);
        var patch = document["components"]!["schemas"]!["EventsUpdateRequest"]!["properties"]!;
        Assert.Equal("date-time", (string?)patch["end_time"]!["format"]);
        var settings = document["components"]!["schemas"]!["ConnectionsUpdateRequest"]!["properties"]!["calendar_ids"]!;
        Assert.Contains("array", settings["type"]!.AsArray().Select(type => (string?)type));
        Assert.NotNull(settings["items"]);
        Assert.Contains("string", patch["title"]!["type"]!.AsArray().Select(type => (string?)type));
        Assert.False(patch.AsObject().ContainsKey("id"));
        var parameters = document["paths"]!["/api/calendar"]!["get"]!["parameters"]!.AsArray();
        Assert.Equal(["from", "include_deleted", "limit", "offset", "space_id", "to"], parameters.Select(parameter => (string?)parameter!["name"]).Order());
        Assert.Equal("date-time", (string?)parameters.Single(parameter => (string?)parameter!["name"] == "from")!["schema"]!["format"]);
        Assert.Contains("text/event-stream", document["paths"]!["/api/calendar/connections/{id}/progress"]!["get"]!["responses"]!["200"]!["content"]!.AsObject().Select(content => content.Key));
        Assert.True((bool?)parameters.Single(parameter => (string?)parameter!["name"] == "space_id")!["required"]);
        Assert.Equal("SyncingStart", (string?)document["paths"]!["/api/calendar/sync"]!["post"]!["operationId"]);
        Assert.Contains(document["paths"]!["/api/calendar"]!["post"]!["parameters"]!.AsArray(), parameter => (string?)parameter!["name"] == "Idempotency-Key");
    }

    [Fact]
    public async Task Every_reference_in_the_document_leads_to_a_schema_and_every_schema_is_used()
    {
        var document = await DocumentAsync();
        var schemas = document["components"]!["schemas"]!.AsObject();
        var references = System.Text.RegularExpressions.Regex.Matches(document.ToJsonString(), "\"#/components/schemas/([^\"]+)\"").Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(references);
        Assert.Equal(references.Order(), schemas.Select(schema => schema.Key).Order());
    }

    [Fact]
    public void No_two_types_share_a_name_in_the_document()
    {
        var names = typeof(CalendarSync.Api.Features.FeaturesSetup).Assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith("CalendarSync.Api.Features", StringComparison.Ordinal) == true && (type.Name.EndsWith("Body", StringComparison.Ordinal) || type.Name is "Request" or "Response"))
            .GroupBy(type => CalendarSync.Api.OpenApi.SchemaNames.Of(type, type.Name))
            .Where(group => group.Count() > 1)
            .Select(group => string.Join(" = ", group));
        Assert.Empty(names);
    }

    [Fact]
    public async Task The_document_is_shown_on_a_page()
    {
        var answer = await fixture.Host.Anonymous().GetAsync("/scalar/");
        Assert.Equal(("text/html", 200), (answer.MediaType, (int)answer.Status));
    }

    private async Task<JsonNode> DocumentAsync() => (await fixture.Host.Anonymous().GetAsync("/openapi/v1.json")).Ok();
}
