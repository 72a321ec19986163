using CalendarSync.Core.Providers.CalDav.Wire;
using CsCheck;

namespace CalendarSync.UnitTests.CalDav;

public sealed class DavPathTests
{
    private static readonly Uri Base = new("https://caldav.icloud.com/1/calendars/home/");

    [Theory]
    [InlineData("/1/calendars/a%40b/x.ics", "/1/calendars/a@b/x.ics")]
    [InlineData("/1/calendars/a@b/x.ics", "/1/calendars/a@b/x.ics")]
    [InlineData("https://p12-caldav.icloud.com:443/1/x%20y.ics", "/1/x y.ics")]
    [InlineData("x.ics", "/1/calendars/home/x.ics")]
    [InlineData(" /1/%C3%9Cbung.ics\n", "/1/Übung.ics")]
    [InlineData("/1/Übung.ics", "/1/Übung.ics")]
    [InlineData("/1/a%2Fb.ics", "/1/a%2Fb.ics")]
    [InlineData("/1/100%25.ics", "/1/100%25.ics")]
    [InlineData("/1/a%2fb/", "/1/a%2Fb/")]
    public void The_same_resource_has_one_path_however_it_is_written(string href, string path) => Assert.Equal(path, DavPath.Canonical(Base, href));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("ftp://example.com/x.ics")]
    [InlineData("mailto:a@example.com")]
    public void What_is_no_address_of_a_resource_has_no_path(string href) => Assert.Null(DavPath.Canonical(Base, href));

    [Fact]
    public void A_path_survives_being_sent() =>
        Gen.OneOf(Gen.String[Gen.Char[' ', 'ÿ'], 1, 12], Gen.OneOf("a%2Fb", "a/b", "100%", "ü@x", "#?&=+", "🥕", "%25", "a;b,c", "..a"))
            .Where(name => name is not ("." or "..") && !name.Contains('\\') && !name.Any(char.IsControl))
            .Sample(name =>
            {
                var path = "/home/" + Uri.UnescapeDataString(Uri.EscapeDataString(name)).Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);

                return DavPath.Canonical(DavPath.On(Base, path)) == path;
            });

    [Fact]
    public void An_account_name_in_a_path_is_sent_with_its_at_sign() => Assert.Equal("/me@example.com/a%20b.ics", DavPath.Encode("/me@example.com/a b.ics"));

    [Fact]
    public void A_path_lands_on_the_host_of_its_home() =>
        Assert.Equal("https://p12-caldav.icloud.com:8443/1/a%20b.ics", DavPath.On(new Uri("https://p12-caldav.icloud.com:8443/other/"), "/1/a b.ics").AbsoluteUri);
}
