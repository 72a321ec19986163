using System.Collections.Immutable;
using System.Net;
using System.Xml.Linq;
using NodaTime;

namespace CalendarSync.Core.Providers.CalDav.Wire;

/// <summary>One request.</summary>
/// <param name="Method">HTTP or WebDAV.</param>
/// <param name="Uri">Where to.</param>
internal sealed record DavRequest(HttpMethod Method, Uri Uri)
{
    public string? Body { get; init; }

    public string ContentType { get; init; } = "application/xml";

    /// <summary>"0", "1", or none.</summary>
    public string? Depth { get; init; }

    /// <summary>As the server wrote it; etags are opaque, and some servers leave out their quotes.</summary>
    public string? IfMatch { get; init; }

    public bool IfNoneMatch { get; init; }

    public static HttpMethod PropfindMethod { get; } = new("PROPFIND");

    public static HttpMethod ReportMethod { get; } = new("REPORT");

    public static DavRequest Propfind(Uri uri, int depth, string body) =>
        new(PropfindMethod, uri) { Body = body, Depth = depth == 0 ? "0" : "1" };

    public static DavRequest Report(Uri uri, int depth, string body) =>
        new(ReportMethod, uri) { Body = body, Depth = depth == 0 ? "0" : "1" };

    public static DavRequest Put(Uri uri, string payload) =>
        new(HttpMethod.Put, uri) { Body = payload, ContentType = "text/calendar" };
}

/// <summary>What came back.</summary>
/// <param name="Status">Any; the caller knows which it expects.</param>
/// <param name="Uri">Where it came from, after redirects.</param>
internal sealed record DavAnswer(HttpStatusCode Status, Uri Uri)
{
    /// <summary>The ETag header as it was written.</summary>
    public string? Etag { get; init; }

    public Instant? RetryAt { get; init; }

    /// <summary>Of a PROPFIND or REPORT that succeeded.</summary>
    public MultiStatus? MultiStatus { get; init; }

    /// <summary>Of a GET that succeeded.</summary>
    public string? Body { get; init; }

    /// <summary>What the body of an error names (RFC 4918, section 16).</summary>
    public ImmutableArray<XElement> Conditions { get; init; } = [];

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public bool HasCondition(XName name) => Conditions.Any(c => c.Name == name);
}
