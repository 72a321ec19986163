using System.Text;
using System.Xml;
using CalendarSync.Core.Providers.CalDav.Wire;

namespace CalendarSync.UnitTests.CalDav;

public sealed class MultiStatusParserTests
{
    private static readonly Uri Asked = new("https://caldav.icloud.com/12345/calendars/home/");

    [Fact]
    public async Task Absolute_hrefs_of_icloud_with_port_and_percent_encoding_become_plain_paths()
    {
        // As iCloud answers: hrefs on another host with ":443", "@" as "%40", and a second propstat that lists what it has not.
        var answer = await ParseAsync(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <multistatus xmlns="DAV:">
              <response xmlns="DAV:">
                <href>https://p42-caldav.icloud.com:443/12345/calendars/home/me%40example.com%20x.ics</href>
                <propstat>
                  <prop><getetag xmlns="DAV:">"C=12@U=abc"</getetag></prop>
                  <status>HTTP/1.1 200 OK</status>
                </propstat>
                <propstat>
                  <prop><displayname xmlns="DAV:"/><getctag xmlns="http://calendarserver.org/ns/"/></prop>
                  <status>HTTP/1.1 404 Not Found</status>
                </propstat>
              </response>
              <sync-token>https://example.com/sync/7</sync-token>
            </multistatus>
            """);

        var resource = Assert.Single(answer.Responses);
        Assert.Equal("/12345/calendars/home/me@example.com x.ics", resource.Path);
        Assert.Equal("\"C=12@U=abc\"", resource.Text(DavNames.GetEtag));
        Assert.False(resource.Properties.ContainsKey(DavNames.DisplayName));
        Assert.Null(resource.Status);
        Assert.Equal("https://example.com/sync/7", answer.SyncToken);
    }

    [Fact]
    public async Task A_second_propstat_that_says_404_does_not_hide_what_the_first_found()
    {
        var answer = await ParseAsync(
            """
            <D:multistatus xmlns:D="DAV:"><D:response><D:href>/c/</D:href>
              <D:propstat><D:prop><D:displayname>Family</D:displayname></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
              <D:propstat><D:prop><D:displayname/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
            </D:response></D:multistatus>
            """);

        Assert.Equal("Family", Assert.Single(answer.Responses).Text(DavNames.DisplayName));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   \n ")]
    [InlineData("None")]
    public async Task A_property_that_says_nothing_is_missing(string value)
    {
        var answer = await ParseAsync($"<multistatus xmlns='DAV:'><response><href>/c/</href><propstat><prop><displayname>{value}</displayname></prop></propstat></response></multistatus>");

        Assert.Null(Assert.Single(answer.Responses).Text(DavNames.DisplayName));
    }

    [Fact]
    public async Task A_response_with_a_status_and_no_properties_keeps_its_status()
    {
        var answer = await ParseAsync(
            """
            <multistatus xmlns="DAV:">
              <response><href>/c/1.ics</href><status>HTTP/1.1 404 Not Found</status></response>
              <response><href>/c/</href><status>HTTP/1.1 507 Insufficient Storage</status><error><number-of-matches-within-limits/></error></response>
            </multistatus>
            """);

        Assert.Equal([("/c/1.ics", 404), ("/c/", 507)], answer.Responses.Select(r => (r.Path, r.Status!.Value)));
    }

    [Fact]
    public async Task Several_hrefs_of_one_response_each_have_its_status()
    {
        var answer = await ParseAsync("<multistatus xmlns='DAV:'><response><href>/c/1.ics</href><href>/c/2.ics</href><status>HTTP/1.1 404 Gone fishing</status></response></multistatus>");

        Assert.Equal(["/c/1.ics", "/c/2.ics"], answer.Responses.Select(r => r.Path));
        Assert.All(answer.Responses, r => Assert.Equal(404, r.Status));
    }

    [Fact]
    public async Task Empty_hrefs_and_addresses_that_are_none_are_left_out()
    {
        var answer = await ParseAsync("<multistatus xmlns='DAV:'><response><href/></response><response><href>mailto:a@example.com</href></response><response><href>x.ics</href></response></multistatus>");

        Assert.Equal(["/12345/calendars/home/x.ics"], answer.Responses.Select(r => r.Path));
    }

    [Fact]
    public async Task Calendar_data_keeps_its_text()
    {
        var answer = await ParseAsync(
            "<multistatus xmlns='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><response><href>/c/1.ics</href><propstat><prop>"
            + "<C:calendar-data>BEGIN:VCALENDAR&#13;\nSUMMARY:a &lt;b&gt; &amp; 🥕&#13;\n</C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>");

        Assert.Equal("BEGIN:VCALENDAR\r\nSUMMARY:a <b> & 🥕\r\n", Assert.Single(answer.Responses).Properties[DavNames.CalendarData].Value);
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><multistatus xmlns='DAV:'>&b;</multistatus>")]
    [InlineData("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><multistatus xmlns='DAV:'><response><href>&a;</href></response></multistatus>")]
    [InlineData("<!DOCTYPE multistatus SYSTEM \"http://127.0.0.1:1/x.dtd\"><multistatus xmlns='DAV:'/>")]
    [InlineData("<html><body>Welcome</body></html>")]
    [InlineData("<multistatus/>")]
    [InlineData("")]
    [InlineData("not xml")]
    [InlineData("<multistatus xmlns='DAV:'><response>")]
    public async Task Hostile_and_foreign_answers_are_refused(string body) =>
        await Assert.ThrowsAsync<XmlException>(() => ParseAsync(body));

    [Fact]
    public async Task An_answer_longer_than_the_limit_is_refused() =>
        await Assert.ThrowsAsync<XmlException>(() => ParseAsync($"<multistatus xmlns='DAV:'><!--{new string('x', 5000)}--></multistatus>", maxCharacters: 1000));

    [Fact]
    public async Task A_body_is_read_no_further_than_the_cap_whatever_its_length()
    {
        using var endless = new CappedStream(new EndlessStream(), 10_000);

        var fault = await Record.ExceptionAsync(() => MultiStatusParser.ReadAsync(endless, Asked, long.MaxValue, TestContext.Current.CancellationToken));

        Assert.True(fault is BodyTooLargeException or XmlException { InnerException: BodyTooLargeException }, fault?.ToString());
    }

    [Fact]
    public void Conditions_of_an_error_are_named_and_a_page_for_people_has_none()
    {
        var conditions = MultiStatusParser.ReadConditions("<error xmlns=\"DAV:\"><valid-sync-token/></error>");

        Assert.Equal(DavNames.Dav + "valid-sync-token", Assert.Single(conditions).Name);
        Assert.Empty(MultiStatusParser.ReadConditions("<html><p>No.</html>"));
        Assert.Empty(MultiStatusParser.ReadConditions(""));
    }

    private static async Task<MultiStatus> ParseAsync(string body, long maxCharacters = 1_000_000)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(body));
        return await MultiStatusParser.ReadAsync(stream, Asked, maxCharacters, TestContext.Current.CancellationToken);
    }

    private sealed class EndlessStream : MemoryStream
    {
        private bool _begun;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Fill(buffer.Span));

        public override int Read(byte[] buffer, int offset, int count) => Fill(buffer.AsSpan(offset, count));

        private int Fill(Span<byte> buffer)
        {
            var start = "<multistatus xmlns='DAV:'>"u8;
            buffer.Fill((byte)' ');
            if (!_begun)
            {
                _begun = true;
                start.CopyTo(buffer);
            }

            return buffer.Length;
        }
    }
}
