using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace CalendarSync.Core.Providers.CalDav.Wire;

/// <summary>The bodies of the requests that we send. Pure: XML out, nothing else.</summary>
internal static class DavBodies
{
    /// <summary>PROPFIND of named properties; iCloud does not answer "allprop".</summary>
    public static string Propfind(params IEnumerable<XName> properties) =>
        Write(DavNames.Dav + "propfind", writer => WriteProperties(writer, properties));

    /// <summary>The etags of all events. iCloud wants exactly one component filter, VEVENT.</summary>
    public static string EventEtags() => Write(DavNames.CalDav + "calendar-query", writer =>
    {
        WriteProperties(writer, [DavNames.GetEtag]);
        WriteEventFilter(writer, null);
    });

    /// <summary>The event of a UID, wherever in the calendar it is.</summary>
    public static string EventByUid(string uid) => Write(DavNames.CalDav + "calendar-query", writer =>
    {
        WriteProperties(writer, [DavNames.GetEtag, DavNames.CalendarData]);
        WriteEventFilter(writer, uid);
    });

    /// <summary>Events by their paths, encoded.</summary>
    public static string Multiget(IEnumerable<string> encodedPaths) => Write(DavNames.CalDav + "calendar-multiget", writer =>
    {
        WriteProperties(writer, [DavNames.GetEtag, DavNames.CalendarData]);
        foreach (var path in encodedPaths)
        {
            Element(writer, DavNames.Href, path);
        }
    });

    /// <summary>What changed since a token (RFC 6578, section 3.2).</summary>
    /// <param name="syncToken">Empty for everything.</param>
    /// <param name="limit">The most members of one answer; <c>null</c> leaves it to the server.</param>
    public static string SyncCollection(string syncToken, int? limit = null) => Write(DavNames.SyncCollection, writer =>
    {
        Element(writer, DavNames.SyncToken, syncToken);
        Element(writer, DavNames.Dav + "sync-level", "1");
        if (limit is { } most)
        {
            Start(writer, DavNames.Dav + "limit");
            Element(writer, DavNames.Dav + "nresults", most.ToString(CultureInfo.InvariantCulture));
            writer.WriteEndElement();
        }

        WriteProperties(writer, [DavNames.GetEtag]);
    });

    private static string Write(XName root, Action<XmlWriter> content)
    {
        var text = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, CheckCharacters = true }))
        {
            Start(writer, root);
            foreach (var ns in new[] { DavNames.Dav, DavNames.CalDav, DavNames.CalendarServer, DavNames.AppleIcal })
            {
                writer.WriteAttributeString("xmlns", DavNames.Prefix(ns), null, ns.NamespaceName);
            }

            content(writer);
            writer.WriteEndElement();
        }

        return text.ToString();
    }

    private static void WriteProperties(XmlWriter writer, IEnumerable<XName> properties)
    {
        Start(writer, DavNames.Dav + "prop");
        foreach (var property in properties)
        {
            Start(writer, property);
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
    }

    private static void WriteEventFilter(XmlWriter writer, string? uid)
    {
        Start(writer, DavNames.CalDav + "filter");
        Start(writer, DavNames.CalDav + "comp-filter");
        writer.WriteAttributeString("name", "VCALENDAR");
        Start(writer, DavNames.CalDav + "comp-filter");
        writer.WriteAttributeString("name", "VEVENT");
        if (uid is not null)
        {
            Start(writer, DavNames.CalDav + "prop-filter");
            writer.WriteAttributeString("name", "UID");
            Start(writer, DavNames.CalDav + "text-match");
            writer.WriteAttributeString("collation", "i;octet");
            writer.WriteString(uid);
            writer.WriteEndElement();
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    private static void Element(XmlWriter writer, XName name, string text)
    {
        Start(writer, name);
        writer.WriteString(text);
        writer.WriteEndElement();
    }

    private static void Start(XmlWriter writer, XName name) => writer.WriteStartElement(DavNames.Prefix(name.Namespace), name.LocalName, name.NamespaceName);
}
