using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using CalendarSync.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CalendarSync.UnitTests.ServiceDefaults;

public sealed class DefaultEndpointsTests
{
    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task A_host_whose_database_is_away_is_alive_but_not_ready_and_says_no_more(string environment)
    {
        await using var app = await StartAsync(environment, () => HealthCheckResult.Unhealthy("Host=db.internal"));
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        using var ready = await client.GetAsync(new Uri("/health", UriKind.Relative), TestContext.Current.CancellationToken);
        using var alive = await client.GetAsync(new Uri("/alive", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("Unhealthy", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        Assert.Equal("Healthy", await alive.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_span_says_where_a_request_went_and_not_to_whose_calendar()
    {
        var addresses = new ConcurrentQueue<string?>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span => addresses.Enqueue(span.GetTagItem("url.full") as string),
        };
        ActivitySource.AddActivityListener(listener);
        await using var app = await StartAsync("Production", () => HealthCheckResult.Healthy());
        using var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient("test");
        var origin = app.Urls.First();

        using var response = await client.GetAsync(new Uri($"{origin}/canary@example.com/family/?token=canary"), TestContext.Current.CancellationToken);

        Assert.Contains(origin, addresses);
        Assert.DoesNotContain(addresses, address => address?.Contains("canary", StringComparison.Ordinal) == true);
    }

    private static async Task<WebApplication> StartAsync(string environment, Func<HealthCheckResult> database)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.AddServiceDefaults();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddHealthChecks().AddCheck("database", database);
        var app = builder.Build();
        app.MapDefaultEndpoints();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
