using System.Net.Http.Headers;
using CalendarSync.Api.Authentication;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>The whole API on a real server, a real Postgres as the API's own login, and a real Redis.</summary>
internal sealed class ApiHost : WebApplicationFactory<DevelopmentTokens>
{
    private readonly Dictionary<string, string?> _settings;
    private readonly Action<IServiceCollection>? _services;

    public ApiHost(TestDatabase database, string redis, Dictionary<string, string?>? settings = null, Action<IServiceCollection>? services = null)
    {
        _services = services;
        _settings = new Dictionary<string, string?>
        {
            ["environment"] = "Development",
            ["ConnectionStrings:rowan"] = database.ApiConnectionString,
            ["ConnectionStrings:redis"] = redis,
            ["ENCRYPTION_KEY"] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
            ["Development:JwtSecret"] = "canary-development-secret",

            // Off unless a test is about it: most tests write more than ten times in ten seconds.
            ["RateLimits:RequestsPer10Seconds"] = "0",
        };
        foreach (var (name, value) in settings ?? [])
        {
            _settings[name] = value;
        }

        UseKestrel(0);
    }

    /// <summary>What has been logged, at the levels of the product.</summary>
    public FakeLogCollector Logs => Services.GetFakeLogCollector();

    /// <summary>A client without a token.</summary>
    public ApiClient Anonymous() => new(CreateClient());

    /// <summary>A client of a signed-in user.</summary>
    public ApiClient For(UserId user) => WithToken(Services.GetRequiredService<DevelopmentTokens>().IssueToken(user, "canary-person@example.com"));

    /// <summary>A client with any token.</summary>
    public ApiClient WithToken(string token)
    {
        var client = CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new ApiClient(client);
    }

    /// <summary>Replaces the provider that is reached over the network.</summary>
    public static Action<IServiceCollection> Using(ICalendarProvider provider) => services =>
    {
        foreach (var existing in services.Where(service => service.ServiceType == typeof(ICalendarProvider)).ToList())
        {
            services.Remove(existing);
        }

        services.AddSingleton(provider);
    };

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        // null: the product's own default.
        foreach (var (name, value) in _settings.Where(setting => setting.Value is not null))
        {
            builder.UseSetting(name, value);
        }

        builder.ConfigureLogging(logging => logging.AddFakeLogging());
        if (_services is not null)
        {
            builder.ConfigureServices(_services);
        }
    }
}
