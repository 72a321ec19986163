using System.Xml.Linq;

namespace CalendarSync.IntegrationTests.Fixtures.Faults;

/// <summary>What CalDAV servers have been seen to do, done to the answers of one that does not.</summary>
public static class DavFault
{
    private static readonly XNamespace Dav = "DAV:";
    private static readonly XNamespace CalDav = "urn:ietf:params:xml:ns:caldav";

    /// <summary>No etag, neither as a header nor among the properties (scenario 20).</summary>
    public static FaultStep WithoutEtags { get; } = Fault.Rewrite(answer => InXml(answer.With("ETag", null), xml => xml.Descendants(Dav + "getetag").Remove()));

    /// <summary>A PUT is answered without its etag, as iCloud does at times.</summary>
    public static FaultStep WithoutEtagHeader { get; } = Fault.Rewrite(answer => answer.With("ETag", null));

    /// <summary>The named resources are 404 inside of a multistatus, though they are there (scenario 19).</summary>
    public static FaultStep Ghost(params string[] fileNames) => Multistatus(xml =>
    {
        foreach (var response in Responses(xml, fileNames))
        {
            response.Elements(Dav + "propstat").Remove();
            response.Add(new XElement(Dav + "status", "HTTP/1.1 404 Not Found"));
        }
    });

    /// <summary>The named resources are left out without a word.</summary>
    public static FaultStep Forget(params string[] fileNames) => Multistatus(xml => Responses(xml, fileNames).Remove());

    /// <summary>Only the first members are named, and the collection says 507 (RFC 6578, section 3.6). The token stays as it is.</summary>
    /// <param name="members">How many are left.</param>
    /// <param name="collection">Path of the collection.</param>
    public static FaultStep CutShort(int members, string collection) => Multistatus(xml =>
    {
        xml.Elements(Dav + "response").Skip(members).ToList().ForEach(response => response.Remove());
        xml.AddFirst(new XElement(Dav + "response", new XElement(Dav + "href", collection), new XElement(Dav + "status", "HTTP/1.1 507 Insufficient Storage")));
    });

    /// <summary>The calendar home is said to be at another address, as iCloud's partitions are.</summary>
    public static FaultStep HomeOn(Uri host) => Multistatus(xml =>
    {
        foreach (var href in xml.Descendants(CalDav + "calendar-home-set").Elements(Dav + "href"))
        {
            href.Value = new Uri(host, href.Value).AbsoluteUri;
        }
    });

    /// <summary>Every href is absolute, with the port, and "@" is written "%40".</summary>
    public static FaultStep AbsoluteHrefs(Uri host) => Multistatus(xml =>
    {
        foreach (var href in xml.Descendants(Dav + "href").Where(h => h.Value.StartsWith('/')))
        {
            href.Value = $"{host.Scheme}://{host.Host}:{host.Port}{href.Value.Replace("@", "%40", StringComparison.Ordinal)}";
        }
    });

    /// <summary>A property of every resource is empty, or says "None".</summary>
    public static FaultStep EmptyProperty(XName property, string text = "") => Multistatus(xml =>
    {
        foreach (var element in xml.Descendants(property))
        {
            element.RemoveNodes();
            element.Value = text;
        }
    });

    /// <summary>An error with a named condition.</summary>
    public static FaultStep Refuse(int status, XName condition) =>
        Fault.Status(status, new XElement(Dav + "error", new XElement(condition)).ToString());

    /// <summary>Changes a multistatus; any other answer is passed on.</summary>
    public static FaultStep Multistatus(Action<XElement> change) => Fault.Rewrite(answer => InXml(answer, change));

    private static ProxiedAnswer InXml(ProxiedAnswer answer, Action<XElement> change)
    {
        if (answer.Status != 207)
        {
            return answer;
        }

        var root = XElement.Parse(answer.Body, LoadOptions.PreserveWhitespace);
        change(root);
        return answer with { Body = root.ToString(SaveOptions.DisableFormatting) };
    }

    private static List<XElement> Responses(XElement xml, string[] fileNames) =>
    [
        .. xml.Elements(Dav + "response").Where(response => fileNames.Any(name => response.Element(Dav + "href")?.Value.EndsWith(name, StringComparison.Ordinal) == true)),
    ];
}
