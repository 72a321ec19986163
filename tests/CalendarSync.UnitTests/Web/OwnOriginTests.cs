using CalendarSync.Web.Forwarding;
using Microsoft.AspNetCore.Http;

namespace CalendarSync.UnitTests.Web;

public sealed class OwnOriginTests
{
    [Theory]
    [InlineData("GET", null, null, true)]
    [InlineData("GET", "https://evil.example", null, true)]
    [InlineData("HEAD", "https://evil.example", "cross-site", true)]
    [InlineData("POST", "http://localhost:5081", null, true)]
    [InlineData("POST", "http://localhost:5081", "same-origin", true)]
    [InlineData("DELETE", null, "same-origin", true)]
    [InlineData("POST", null, null, false)]
    [InlineData("POST", "null", null, false)]
    [InlineData("POST", "https://evil.example", null, false)]
    [InlineData("POST", "https://evil.example", "same-origin", false)]
    [InlineData("POST", "http://localhost:5081.evil.example", null, false)]
    [InlineData("POST", "http://localhost", null, false)]
    [InlineData("POST", "https://localhost:5081", null, false)]
    [InlineData("PATCH", null, "same-site", false)]
    [InlineData("PUT", null, "cross-site", false)]
    [InlineData("DELETE", null, "none", false)]
    public void A_request_that_changes_something_must_come_from_this_page(string method, string? origin, string? site, bool allowed)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Scheme, request.Host) = (method, "http", new HostString("localhost", 5081));
        request.Headers.Origin = origin;
        request.Headers["Sec-Fetch-Site"] = site;

        Assert.Equal(allowed, OwnOrigin.Allows(request));
    }
}
