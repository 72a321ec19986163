using System.Net;
using System.Net.Sockets;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>The same request with the real provider, against servers that are what they are.</summary>
public sealed class ConnectRealServerTests(PostgresServer postgres, RedisServer redis, RadicaleServer radicale) : IAsyncLifetime
{
    private TestDatabase? _database;
    private RadicaleAccount? _account;

    public async ValueTask InitializeAsync()
    {
        await redis.StartAsync();
        _database = await postgres.CreateDatabaseAsync();
        _account = await radicale.CreateAccountAsync();
        await _account.CreateCalendarAsync("family", "canary-calendar");
    }

    public async ValueTask DisposeAsync()
    {
        _account?.Dispose();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task A_calendar_on_a_real_server_is_connected()
    {
        await using var host = Host();
        var answer = (await ConnectAsync(host, radicale.Url.AbsoluteUri)).Ok();
        Assert.Equal(["canary-calendar"], answer["calendars"]!.AsArray().Select(calendar => (string?)calendar!["displayName"]));
    }

    [Fact]
    public async Task A_wrong_password_is_said_to_be_one()
    {
        await using var host = Host();
        (await ConnectAsync(host, radicale.Url.AbsoluteUri, password: "canary-wrong-password")).Problem(400, "invalid_credentials");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_said_to_be_unreachable()
    {
        await using var host = Host();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        (await ConnectAsync(host, $"http://127.0.0.1:{port}/")).Problem(400, "server_unreachable");
        (await ConnectAsync(host, "http://no-such-host.invalid/")).Problem(400, "server_unreachable");
    }

    [Fact]
    public async Task A_web_server_without_calendars_is_said_to_have_none()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var web = builder.Build();
        web.Urls.Add("http://127.0.0.1:0");
        web.MapFallback(() => Results.Text("<html>Welcome</html>", "text/html"));
        await web.StartAsync(TestContext.Current.CancellationToken);
        await using var host = Host();
        (await ConnectAsync(host, web.Urls.Single())).Problem(400, "not_a_calendar_server");
    }

    [Fact]
    public async Task A_private_address_is_refused_where_they_are_not_allowed()
    {
        await using var host = Host(new() { ["Apple:AllowPrivateAddresses"] = "false" });
        (await ConnectAsync(host, radicale.Url.AbsoluteUri)).Problem(400, "address_not_allowed");
    }

    [Fact]
    public async Task Outside_Development_the_address_must_be_https()
    {
        await using var host = Host(new() { ["Apple:RequireHttps"] = "true" });
        Assert.Equal(["server_url"], (await ConnectAsync(host, radicale.Url.AbsoluteUri)).InvalidMembers());
    }

    private ApiHost Host(Dictionary<string, string?>? settings = null)
    {
        var host = new ApiHost(_database!, redis.ConnectionString, settings);
        host.StartServer();
        return host;
    }

    private async Task<ApiAnswer> ConnectAsync(ApiHost host, string server, string? password = null)
    {
        var user = await _database!.CreateUserAsync();
        var space = await _database.CreateSpaceAsync(user);
        return await host.For(user).PostAsync("/api/calendar/connect/apple", new
        {
            email = _account!.Email,
            app_specific_password = password ?? _account.Password,
            space_id = space.Value,
            server_url = server,
        });
    }
}
