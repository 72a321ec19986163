using System.Xml.Linq;

namespace CalendarSync.EndToEndTests.Topology;

/// <summary>One file of a CalDAV calendar.</summary>
internal sealed record CalendarResource(string Href, string ETag, string Text)
{
    private static readonly XNamespace Dav = "DAV:";
    private static readonly XNamespace CalDav = "urn:ietf:params:xml:ns:caldav";

    public static IEnumerable<CalendarResource> Parse(string multistatus) =>
        from response in XDocument.Parse(multistatus).Descendants(Dav + "response")
        let text = response.Descendants(CalDav + "calendar-data").FirstOrDefault()
        where text is not null
        select new CalendarResource(response.Element(Dav + "href")!.Value, response.Descendants(Dav + "getetag").First().Value, text.Value.ReplaceLineEndings("\r\n"));

    /// <summary>The same file with one line changed, as a phone would write it back.</summary>
    public string With(string line, string changed)
    {
        Assert.Contains(line, Text, StringComparison.Ordinal);
        return Text.Replace(line, changed, StringComparison.Ordinal);
    }
}
