using System.Net;
using System.Net.Http.Headers;

namespace CalendarSync.IntegrationTests.Api;

public sealed class BodylessReadTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Theory]
    [InlineData("GET", "/api/calendar/connections?space_id={0}", HttpStatusCode.OK)]
    [InlineData("GET", "/api/calendar?space_id={0}", HttpStatusCode.OK)]
    [InlineData("DELETE", "/api/calendar/00000000-0000-4000-8000-000000000000", HttpStatusCode.NotFound)]
    public async Task A_client_that_names_a_content_type_on_every_request_is_understood(string method, string path, HttpStatusCode status)
    {
        var person = await fixture.CreatePersonAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), string.Format(null, path, person.Space.Value));

        // An empty document whose headers say JSON: the only way to make HttpClient send a content type without content.
        request.Content = new ByteArrayContent([]);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await person.Client.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
    }
}
