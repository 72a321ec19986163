using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>What goes wrong before an endpoint is reached.</summary>
public sealed class ErrorTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"title\":\"\\ud800\"}")]
    [InlineData("{\"title\":{}}")]
    public async Task A_body_that_is_not_the_expected_json_is_a_validation_error(string body)
    {
        var person = await fixture.CreatePersonAsync();
        (await person.Client.PostTextAsync("/api/calendar", body)).Problem(400, "validation_error");
    }

    [Fact]
    public async Task Members_cannot_come_from_the_query()
    {
        var person = await fixture.CreatePersonAsync();
        var answer = await person.Client.PostTextAsync($"/api/calendar?space_id={person.Space.Value}&title=canary-title", "{}");
        Assert.Equal(["space_id", "title"], answer.InvalidMembers());
    }

    [Fact]
    public async Task A_client_may_announce_json_with_every_request()
    {
        var person = await fixture.CreatePersonAsync();
        foreach (var path in new[] { $"/api/calendar?space_id={person.Space.Value}", "/api/calendar/connections", $"/api/calendar/connect/apple?space_id={person.Space.Value}" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Content = new ByteArrayContent([]) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await person.Client.Http.SendAsync(request, Cancellation);
            Assert.Equal((path, HttpStatusCode.OK), (path, response.StatusCode));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_more_than_a_megabyte_is_refused(bool announced)
    {
        var person = await fixture.CreatePersonAsync();
        var body = Encoding.UTF8.GetBytes($$"""{"title":"{{new string('x', 1024 * 1024)}}"}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/calendar");
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TransferEncodingChunked = !announced;
        using var response = await person.Client.Http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("body_too_large", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["code"]);
    }

    [Fact]
    public async Task Another_media_type_than_json_is_refused()
    {
        var person = await fixture.CreatePersonAsync();
        using var content = new StringContent("title=x", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var response = await person.Client.Http.PostAsync(new Uri("/api/calendar", UriKind.Relative), content, Cancellation);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task An_address_that_does_not_exist_is_a_problem_too()
    {
        var person = await fixture.CreatePersonAsync();
        (await person.Client.GetAsync("/api/calendar/unknown")).Problem(404, "not_found");
        (await person.Client.GetAsync("/nothing/here")).Problem(404, "not_found");
        (await person.Client.DeleteAsync("/api/calendar")).Problem(405, "method_not_allowed");
    }

    [Fact]
    public async Task The_readiness_probe_knows_whether_the_migrations_are_applied()
    {
        Assert.Equal(HttpStatusCode.OK, (await fixture.Host.Anonymous().GetAsync("/health")).Status);
        var journal = await fixture.Database.QuerySingleAsync<string>(
            "select quote_ident(table_schema) || '.' || quote_ident(table_name) from information_schema.columns where column_name = 'scriptname'");
        var last = await fixture.Database.QuerySingleAsync<string>($"select max(scriptname) from {journal}");
        await fixture.Database.ExecuteAsync($"delete from {journal} where scriptname = @last", new { last });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await fixture.Host.Anonymous().GetAsync("/health")).Status);
        Assert.Equal(HttpStatusCode.OK, (await fixture.Host.Anonymous().GetAsync("/alive")).Status);
    }
}
