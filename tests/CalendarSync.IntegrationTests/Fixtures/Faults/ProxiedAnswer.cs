using System.Text;
using Microsoft.AspNetCore.Http;

namespace CalendarSync.IntegrationTests.Fixtures.Faults;

/// <summary>An answer, whole, before it is passed on.</summary>
/// <param name="Status">HTTP.</param>
/// <param name="Bytes">The body.</param>
public sealed record ProxiedAnswer(int Status, byte[] Bytes)
{
    /// <summary>All of them, but those of the connection.</summary>
    public IReadOnlyList<KeyValuePair<string, string[]>> Headers { get; init; } = [];

    /// <summary>The connection ends after so many bytes of the body, though its length was announced in full.</summary>
    public int? CutAt { get; init; }

    /// <summary>The body as text; setting it leaves the headers alone.</summary>
    public string Body
    {
        get => Encoding.UTF8.GetString(Bytes);
        init => Bytes = Encoding.UTF8.GetBytes(value);
    }

    /// <summary>The same answer without a header, or with another value of it.</summary>
    public ProxiedAnswer With(string header, string? value) => this with
    {
        Headers =
        [
            .. Headers.Where(h => !string.Equals(h.Key, header, StringComparison.OrdinalIgnoreCase)),
            .. value is null ? Array.Empty<KeyValuePair<string, string[]>>() : [KeyValuePair.Create(header, new[] { value })],
        ],
    };

    internal async Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        foreach (var (name, values) in Headers)
        {
            context.Response.Headers[name] = values;
        }

        if (Status is 204 or 304 or < 200 || HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        context.Response.ContentLength = Bytes.Length;
        if (CutAt is { } length && length < Bytes.Length)
        {
            await context.Response.Body.WriteAsync(Bytes.AsMemory(0, length), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
            return;
        }

        await context.Response.Body.WriteAsync(Bytes, context.RequestAborted);
    }
}
