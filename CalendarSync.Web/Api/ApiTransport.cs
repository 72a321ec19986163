using System.Net.Http.Headers;
using System.Text.Json;
using Polly;

namespace CalendarSync.Web.Api;

/// <summary>Requests to the public HTTP API, and its problems as exceptions that people can read.</summary>
internal sealed class ApiTransport(IHttpClientFactory clients)
{
    public const string ClientName = "api";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <exception cref="ApiException">The API refused, or could not be reached.</exception>
    public async Task<T> SendAsync<T>(HttpMethod method, string path, string? token, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        request.Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Json);
        try
        {
            using var client = clients.CreateClient(ClientName);
            using var response = await client.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode
                ? (await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken))!
                : throw await ReadProblemAsync(response, cancellationToken);
        }
        catch (Exception fault) when (fault is HttpRequestException or ExecutionRejectedException or JsonException
            || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ApiException("The calendar service does not answer right now. It is tried again by itself.", ApiException.Unreachable, fault);
        }
    }

    private static async Task<ApiException> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // Not every answer is ours: a proxy on the way may speak HTML.
        var problem = response.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json"
            ? await response.Content.ReadFromJsonAsync<Problem>(Json, cancellationToken)
            : null;
        return new ApiException(
            problem?.Error ?? "The calendar service could not do this right now. Please try again.",
            problem?.Code ?? $"http_{(int)response.StatusCode}");
    }

    private sealed record Problem(string? Error, string? Code);
}
