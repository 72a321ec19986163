using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CalendarSync.IntegrationTests.Fixtures.Faults;

/// <summary>A request as it came.</summary>
/// <param name="Method">HTTP or WebDAV.</param>
/// <param name="Target">Path and query, byte for byte.</param>
/// <param name="Headers">All of them, but those of the connection.</param>
/// <param name="Bytes">The body.</param>
public sealed record ProxiedRequest(string Method, string Target, IReadOnlyList<KeyValuePair<string, string[]>> Headers, byte[] Bytes)
{
    private static readonly HashSet<string> OfTheConnection =
        new(["Host", "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Expect", "TE", "Upgrade"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Percent-decoded, without a query.</summary>
    public string Path => Uri.UnescapeDataString(Target.Split('?')[0]);

    /// <summary>The body as text.</summary>
    public string Body => Encoding.UTF8.GetString(Bytes);

    /// <summary>The values of a header, joined; empty without one.</summary>
    public string Header(string name) =>
        string.Join(", ", Headers.Where(h => string.Equals(h.Key, name, StringComparison.OrdinalIgnoreCase)).SelectMany(h => h.Value));

    internal static async Task<ProxiedRequest> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return new ProxiedRequest(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            [.. context.Request.Headers.Where(h => !OfTheConnection.Contains(h.Key)).Select(h => KeyValuePair.Create(h.Key, h.Value.ToArray().OfType<string>().ToArray()))],
            body.ToArray());
    }

    internal async Task<ProxiedAnswer> ForwardAsync(HttpClient server, Uri target)
    {
        using var message = new HttpRequestMessage(new HttpMethod(Method), target.GetLeftPart(UriPartial.Authority) + Target);
        if (Bytes.Length > 0 || Method is "PUT" or "POST")
        {
            message.Content = new ByteArrayContent(Bytes);
        }

        foreach (var (name, values) in Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, values);
            }
        }

        using var response = await server.SendAsync(message, CancellationToken.None);
        return new ProxiedAnswer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(CancellationToken.None))
        {
            Headers = [.. response.Headers.Concat(response.Content.Headers)
                .Where(h => !OfTheConnection.Contains(h.Key))
                .Select(h => KeyValuePair.Create(h.Key, h.Value.ToArray()))],
        };
    }
}
