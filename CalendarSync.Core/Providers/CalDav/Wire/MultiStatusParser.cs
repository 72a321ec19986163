using System.Collections.Immutable;
using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace CalendarSync.Core.Providers.CalDav.Wire;

/// <summary>
/// Reads a multistatus, one response at a time. XML from a server is hostile until shown otherwise: no DTD (entity expansion, external
/// entities), no resolver, a limit on what is read.
/// </summary>
internal static class MultiStatusParser
{
    /// <summary>Reads an answer.</summary>
    /// <param name="body">UTF-8 or what its declaration says; the content type is not asked, as servers get it wrong.</param>
    /// <param name="requestUri">For relative hrefs.</param>
    /// <param name="maxCharacters">The limit.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="XmlException">It is no XML, has a DTD, is longer than the limit, or is no multistatus.</exception>
    public static async Task<MultiStatus> ReadAsync(Stream body, Uri requestUri, long maxCharacters, CancellationToken cancellationToken)
    {
        using var reader = XmlReader.Create(body, Settings(maxCharacters));
        var content = await reader.MoveToContentAsync().ConfigureAwait(false);
        if (content != XmlNodeType.Element || reader.LocalName != "multistatus" || reader.NamespaceURI != DavNames.Dav.NamespaceName)
        {
            throw new XmlException("The answer is not a multistatus.");
        }

        var responses = ImmutableArray.CreateBuilder<DavResource>();
        string? syncToken = null;
        await reader.ReadAsync().ConfigureAwait(false);
        while (!reader.EOF && reader.NodeType != XmlNodeType.EndElement)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (reader.NodeType != XmlNodeType.Element)
            {
                await reader.ReadAsync().ConfigureAwait(false);
                continue;
            }

            var element = (XElement)await XNode.ReadFromAsync(reader, cancellationToken).ConfigureAwait(false);
            if (element.Name == DavNames.Dav + "response")
            {
                responses.AddRange(Read(element, requestUri));
            }
            else if (element.Name == DavNames.SyncToken)
            {
                syncToken = element.Value.Trim() is { Length: > 0 } token ? token : null;
            }
        }

        return new MultiStatus(responses.ToImmutable(), syncToken);
    }

    /// <summary>The conditions in the body of an error (RFC 4918, section 16), such as valid-sync-token; empty when it has none.</summary>
    public static ImmutableArray<XElement> ReadConditions(string body)
    {
        try
        {
            using var text = new StringReader(body);
            using var reader = XmlReader.Create(text, Settings(body.Length + 1L));
            return XDocument.Load(reader).Root is { } root && root.Name == DavNames.Dav + "error" ? [.. root.Elements()] : [];
        }
        catch (XmlException)
        {
            // The body of an error is often a page for people. Then the status has to say it all.
            return [];
        }
    }

    private static XmlReaderSettings Settings(long maxCharacters) => new()
    {
        Async = true,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = maxCharacters,
        CheckCharacters = false,
        CloseInput = false,
    };

    // <D:response><D:href>/a/1.ics</D:href><D:propstat><D:prop>…</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
    // and, for what is gone, <D:response><D:href>/a/2.ics</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>.
    private static IEnumerable<DavResource> Read(XElement response, Uri requestUri)
    {
        var properties = ImmutableDictionary.CreateBuilder<XName, XElement>();
        foreach (var propstat in response.Elements(DavNames.Dav + "propstat"))
        {
            if (Status(propstat) is null or (>= 200 and < 300))
            {
                foreach (var property in propstat.Elements(DavNames.Dav + "prop").Elements())
                {
                    properties[property.Name] = property;
                }
            }
        }

        var status = Status(response);
        var found = properties.ToImmutable();
        foreach (var href in response.Elements(DavNames.Href))
        {
            if (DavPath.Canonical(requestUri, href.Value) is { } path)
            {
                yield return new DavResource(path, status, found);
            }
        }
    }

    // "HTTP/1.1 404 Not Found"; the words are the server's own.
    private static int? Status(XElement parent)
    {
        var parts = parent.Element(DavNames.Dav + "status")?.Value.Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return parts.Length >= 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : null;
    }
}
