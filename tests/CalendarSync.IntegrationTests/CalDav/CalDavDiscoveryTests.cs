using System.Net;
using System.Net.Sockets;
using CalendarSync.Core.Providers;
using static CalendarSync.IntegrationTests.CalDav.FaultyServer;

namespace CalendarSync.IntegrationTests.CalDav;

public sealed class CalDavDiscoveryTests : CalDavFaults
{
    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_of_the_well_known_address_is_followed_with_method_body_and_password(int status)
    {
        Server.Fault = (context, _) =>
        {
            var path = context.Request.Path.Value!;
            if (path == "/")
            {
                return Answered(AnswerAsync(context, 404));
            }

            context.Response.Headers.Location = path == "/.well-known/caldav" ? "/principal/" : "";
            return path == "/.well-known/caldav" ? Answered(AnswerAsync(context, status)) : Task.FromResult(false);
        };

        var calendars = await Provider.ListCalendarsAsync(Account, Cancellation);

        Assert.Equal([Calendar], calendars.Select(c => c.Id));
        Assert.Equal(["PROPFIND /", "PROPFIND /.well-known/caldav", "PROPFIND /principal/", "PROPFIND /home/"], Server.Requests);
        Assert.All(Server.Credentials, c => Assert.StartsWith("Basic ", c));
    }

    [Theory]
    [InlineData("redirect")]
    [InlineData("home")]
    public async Task A_password_is_not_carried_to_a_foreign_host(string way)
    {
        await using var stranger = await StartAsync();
        var address = $"http://localhost:{stranger.Url.Port}/home/";
        Server.HomeHref = way == "home" ? address : "/home/";
        Server.Fault = (context, _) =>
        {
            if (way == "home")
            {
                return Task.FromResult(false);
            }

            context.Response.Headers.Location = address;
            return Answered(AnswerAsync(context, 307));
        };

        var fault = await Assert.ThrowsAsync<ProviderException>(() => Provider.ListCalendarsAsync(Account, Cancellation));

        Assert.Equal((ProviderFault.Permanent, "address_not_allowed"), (fault.Fault, fault.Code));
        Assert.Empty(stranger.Requests);
    }

    [Fact]
    public async Task A_redirect_in_a_circle_ends()
    {
        Server.Fault = (context, _) =>
        {
            context.Response.Headers.Location = "/again/";
            return Answered(AnswerAsync(context, 302));
        };

        var fault = await Assert.ThrowsAsync<ProviderException>(() => Provider.ListCalendarsAsync(Account, Cancellation));

        Assert.Equal("not_a_calendar_server", fault.Code);
        Assert.True(Server.Requests.Count < 20);
    }

    [Theory]
    [InlineData(200, "<html>Welcome</html>")]
    [InlineData(207, "<!DOCTYPE x [<!ENTITY a \"a\">]><multistatus xmlns=\"DAV:\"/>")]
    [InlineData(404, "")]
    [InlineData(405, "")]
    [InlineData(501, "")]
    public async Task A_server_that_speaks_no_calendar_is_said_to_be_none(int status, string body)
    {
        Server.Fault = (context, _) => Answered(AnswerAsync(context, status, body, "text/html"));

        var fault = await Assert.ThrowsAsync<ProviderException>(() => Provider.ListCalendarsAsync(Account, Cancellation));

        Assert.Equal((ProviderFault.Permanent, "not_a_calendar_server"), (fault.Fault, fault.Code));
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_unreachable()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}/");
        taken.Stop();

        var fault = await Assert.ThrowsAsync<ProviderException>(() => Provider.ListCalendarsAsync(CalDavHost.Account(url), Cancellation));

        Assert.Equal((ProviderFault.Transient, "server_unreachable"), (fault.Fault, fault.Code));
    }

    [Fact]
    public async Task A_private_address_is_refused_before_anything_is_sent()
    {
        await using var strict = new CalDavHost(options => options.AllowPrivateAddresses = false);

        var fault = await Assert.ThrowsAsync<ProviderException>(() => strict.Provider.ListCalendarsAsync(Account, Cancellation));

        Assert.Equal((ProviderFault.Permanent, "address_not_allowed"), (fault.Fault, fault.Code));
        Assert.Empty(Server.Requests);
    }

    [Theory]
    [InlineData("http://caldav.example.com/")]
    [InlineData("https://user:secret@caldav.example.com/")]
    [InlineData("file:///etc/passwd")]
    public async Task An_address_that_may_not_be_one_is_refused(string url)
    {
        await using var strict = new CalDavHost(options => options.RequireHttps = true);

        var fault = await Assert.ThrowsAsync<ProviderException>(() => strict.Provider.ListCalendarsAsync(CalDavHost.Account(new Uri(url)), Cancellation));

        Assert.Equal("address_not_allowed", fault.Code);
        Assert.Equal(0, strict.Requests);
    }

    [Fact]
    public async Task The_address_of_one_calendar_gives_that_calendar()
    {
        var calendars = await Provider.ListCalendarsAsync(CalDavHost.Account(new Uri(Server.Url, Calendar)), Cancellation);

        Assert.Equal([Calendar], calendars.Select(c => c.Id));
    }
}
