namespace CalendarSync.Core.Providers.CalDav.Wire;

/// <summary>
/// The path of a resource in the one form in which paths are kept and compared. Servers write the same path in several ways: with "@" or
/// "%40", absolute with ":443", on another host of the same service (scenario 2 and the iCloud notes).
/// </summary>
internal static class DavPath
{
    /// <summary>The path of an href: percent-decoded, but for "%2F" and "%25", which would otherwise not be told from what they stand for.</summary>
    /// <param name="baseUri">The address that was asked, for a relative href.</param>
    /// <param name="href">As the server wrote it.</param>
    /// <returns><c>null</c> for an href that is no address.</returns>
    public static string? Canonical(Uri baseUri, string href)
    {
        var text = href.Trim();
        return text.Length > 0 && Uri.TryCreate(baseUri, text, out var uri) && uri.Scheme is "http" or "https" ? Canonical(uri) : null;
    }

    /// <summary>The canonical path of an address.</summary>
    public static string Canonical(Uri uri) => string.Join('/', uri.AbsolutePath.Split('/').Select(segment =>
        Uri.UnescapeDataString(segment).Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal)));

    /// <summary>A canonical path as it is sent. "@" stays: iCloud has it in account paths, and every server takes it.</summary>
    public static string Encode(string canonical) => string.Join('/', canonical.Split('/').Select(segment =>
        Uri.EscapeDataString(Uri.UnescapeDataString(segment)).Replace("%40", "@", StringComparison.Ordinal)));

    /// <summary>The address of a canonical path on a server.</summary>
    public static Uri On(Uri origin, string canonical) => new(origin.GetLeftPart(UriPartial.Authority) + Encode(canonical));

    /// <summary>Whether two canonical paths name the same collection: a slash at the end makes no difference.</summary>
    public static bool SameCollection(string a, string b) => a.AsSpan().TrimEnd('/').SequenceEqual(b.AsSpan().TrimEnd('/'));

    /// <summary>The last part of a path, without a slash at its end.</summary>
    public static string LastSegment(string canonical) => canonical.TrimEnd('/') is var path ? path[(path.LastIndexOf('/') + 1)..] : "";
}
