using System.Collections.Immutable;
using System.Xml.Linq;

namespace CalendarSync.Core.Providers.CalDav.Wire;

/// <summary>An answer about several resources (RFC 4918, section 13).</summary>
/// <param name="Responses">One for each resource, in the server's order. Those whose href is no address are left out.</param>
/// <param name="SyncToken">The new position, in an answer to sync-collection.</param>
internal sealed record MultiStatus(ImmutableArray<DavResource> Responses, string? SyncToken);

/// <summary>What an answer says about one resource.</summary>
/// <param name="Path">Canonical.</param>
/// <param name="Status">Of the resource as a whole, where the server gives one: 404 is a deletion, 507 a truncation (RFC 6578, 3.5 and 3.6).</param>
/// <param name="Properties">Those that were found. A second propstat with 404 names the others and is left out, whatever it holds.</param>
internal sealed record DavResource(string Path, int? Status, ImmutableDictionary<XName, XElement> Properties)
{
    /// <summary>The text of a property; <c>null</c> when it is missing, empty, or the word "None" that some servers write for nothing.</summary>
    public string? Text(XName name) =>
        Properties.TryGetValue(name, out var element) && element.Value.Trim() is { Length: > 0 } text and not "None" ? text : null;

    /// <summary>The hrefs in a property, as written.</summary>
    public IEnumerable<string> Hrefs(XName name) =>
        Properties.TryGetValue(name, out var element) ? element.Elements(DavNames.Href).Select(href => href.Value.Trim()).Where(href => href.Length > 0) : [];

    /// <summary>Whether the resource is of a type, such as calendar.</summary>
    public bool IsOfType(XName type) => Properties.TryGetValue(DavNames.ResourceType, out var types) && types.Element(type) is not null;
}
