using CalendarSync.Core.Providers.CalDav;

namespace CalendarSync.UnitTests.CalDav;

public sealed class TrustedTargetTests
{
    [Theory]
    [InlineData("https://caldav.icloud.com", "https://p42-caldav.icloud.com/1/", true)]
    [InlineData("https://caldav.icloud.com", "https://caldav.icloud.com:443/x", true)]
    [InlineData("https://caldav.icloud.com", "https://icloud.com.evil.example/", false)]
    [InlineData("https://caldav.icloud.com", "https://evilicloud.com/", false)]
    [InlineData("https://caldav.icloud.com", "http://caldav.icloud.com/", false)]
    [InlineData("http://dav.example.org", "https://dav.example.org/", true)]
    [InlineData("http://dav.example.org", "http://dav.example.org:8008/", true)]
    [InlineData("https://dav.family.co.uk", "https://evil.co.uk/", false)]
    [InlineData("https://dav.family.co.uk", "https://cal.family.co.uk/", true)]
    [InlineData("https://10.0.0.1", "https://10.0.0.2/", false)]
    [InlineData("https://10.0.0.1", "https://9.0.0.1/", false)]
    [InlineData("https://[2001:db8::1]", "https://[2001:db8::2]/", false)]
    [InlineData("http://localhost:5232", "http://localhost:5233/", true)]
    [InlineData("http://localhost", "http://127.0.0.1/", false)]
    [InlineData("https://caldav.icloud.com", "file:///etc/passwd", false)]
    public void A_password_goes_to_the_named_server_and_its_siblings_only(string server, string target, bool trusted) =>
        Assert.Equal(trusted, TrustedTarget.IsTrusted(new Uri(server), new Uri(target)));
}
