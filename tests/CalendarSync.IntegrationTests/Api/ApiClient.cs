using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>Speaks to the API as Rowan's front end does: JSON in, JSON out.</summary>
internal sealed class ApiClient(HttpClient http)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public HttpClient Http => http;

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<ApiAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public Task<ApiAnswer> PostAsync(string path, object? body = null, string? idempotencyKey = null) =>
        SendAsync(HttpMethod.Post, path, body is null ? null : JsonSerializer.Serialize(body), idempotencyKey);

    public Task<ApiAnswer> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, JsonSerializer.Serialize(body));

    public Task<ApiAnswer> PostTextAsync(string path, string body) => SendAsync(HttpMethod.Post, path, body);

    private async Task<ApiAnswer> SendAsync(HttpMethod method, string path, string? body = null, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        using var response = await http.SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
        return new ApiAnswer(response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers, text, isJson ? JsonNode.Parse(text)!.AsObject() : []);
    }
}

/// <summary>An answer of the API.</summary>
internal sealed record ApiAnswer(HttpStatusCode Status, string? MediaType, HttpResponseHeaders Headers, string Text, JsonObject Json)
{
    /// <summary>The body of an answer that must be 200.</summary>
    public JsonObject Ok()
    {
        Assert.True(Status == HttpStatusCode.OK, $"{(int)Status}: {Text}");
        Assert.Equal("application/json", MediaType);
        return Json;
    }

    /// <summary>The body of an answer that must be a problem in the one shape of this API.</summary>
    public JsonObject Problem(int status, string code)
    {
        Assert.True((int)Status == status, $"{(int)Status}: {Text}");
        Assert.Equal("application/problem+json", MediaType);
        Assert.Equal(code, (string?)Json["code"]);
        Assert.Equal($"urn:calendarsync:problem:{code}", (string?)Json["type"]);
        Assert.Equal(status, (int?)Json["status"]);
        Assert.Equal((string?)Json["detail"], (string?)Json["error"]);
        Assert.False(string.IsNullOrEmpty((string?)Json["title"]));
        Assert.False(string.IsNullOrEmpty((string?)Json["traceId"]));
        Assert.DoesNotContain("CalendarSync.", Text, StringComparison.Ordinal);
        return Json;
    }

    /// <summary>The members that a validation problem complains about.</summary>
    public string[] InvalidMembers() =>
        [.. Problem(400, "validation_error")["details"]!.AsArray().Select(detail => string.Join('.', detail!["path"]!.AsArray().Select(part => (string?)part)))];
}
