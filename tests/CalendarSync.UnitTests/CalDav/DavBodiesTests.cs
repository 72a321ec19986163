using System.Xml.Linq;
using CalendarSync.Core.Providers.CalDav.Wire;

namespace CalendarSync.UnitTests.CalDav;

public sealed class DavBodiesTests
{
    private const string Namespaces =
        "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" xmlns:CS=\"http://calendarserver.org/ns/\" xmlns:A=\"http://apple.com/ns/ical/\"";

    [Fact]
    public void A_propfind_names_its_properties_with_the_customary_prefixes() => AssertXml(
        $"<D:propfind {Namespaces}><D:prop><D:getetag /><C:calendar-home-set /><CS:getctag /><A:calendar-color /></D:prop></D:propfind>",
        DavBodies.Propfind(DavNames.GetEtag, DavNames.CalendarHomeSet, DavNames.Ctag, DavNames.CalendarColor));

    [Fact]
    public void A_listing_has_exactly_one_component_filter_for_events() => AssertXml(
        $"""<C:calendar-query {Namespaces}><D:prop><D:getetag /></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT" /></C:comp-filter></C:filter></C:calendar-query>""",
        DavBodies.EventEtags());

    [Fact]
    public void A_multiget_names_its_paths() => AssertXml(
        $"<C:calendar-multiget {Namespaces}><D:prop><D:getetag /><C:calendar-data /></D:prop><D:href>/a@b/1.ics</D:href><D:href>/a@b/2%20&amp;.ics</D:href></C:calendar-multiget>",
        DavBodies.Multiget(["/a@b/1.ics", "/a@b/2%20&.ics"]));

    [Fact]
    public void A_sync_report_carries_its_token_and_level() => AssertXml(
        $"<D:sync-collection {Namespaces}><D:sync-token>a&lt;b</D:sync-token><D:sync-level>1</D:sync-level><D:limit><D:nresults>7</D:nresults></D:limit><D:prop><D:getetag /></D:prop></D:sync-collection>",
        DavBodies.SyncCollection("a<b", 7));

    [Fact]
    public void A_query_by_uid_cannot_be_broken_out_of()
    {
        var query = XDocument.Parse(DavBodies.EventByUid("x</C:text-match><C:evil/>"));

        Assert.Equal("x</C:text-match><C:evil/>", query.Descendants(DavNames.CalDav + "text-match").Single().Value);
    }

    private static void AssertXml(string expected, string actual) =>
        Assert.Equal(XDocument.Parse(expected).ToString(SaveOptions.DisableFormatting), XDocument.Parse(actual).ToString(SaveOptions.DisableFormatting));
}
