using System.Net.Http.Headers;
using CalendarSync.Core.Providers.CalDav.ICalendar;
using CalendarSync.Core.Providers.CalDav.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Registration of the CalDAV provider.</summary>
public static class CalDavExtensions
{
    /// <summary>Adds iCloud and other CalDAV servers as <see cref="ICalendarProvider"/>, configured by the section <c>Apple</c>.</summary>
    public static IServiceCollection AddCalDav(this IServiceCollection services)
    {
        services.AddOptions<AppleOptions>()
            .Configure<IServiceProvider>((options, provider) =>
            {
                // At home the server is often on the same machine. What is configured comes after this and has the last word.
                if (provider.GetService<IHostEnvironment>()?.IsDevelopment() == true)
                {
                    options.AllowPrivateAddresses = true;
                    options.RequireHttps = false;
                }
            })
            .BindConfiguration(AppleOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        AddHttpClient(services, CalDavClient.HttpClientName, connectionLifetime: TimeSpan.FromMinutes(5));
        AddHttpClient(services, CalDavClient.UnpooledHttpClientName, connectionLifetime: TimeSpan.Zero);
        services.TryAddSingleton(TimeProvider.System);

        // A host that calls AddCoordination() has a shared one.
        services.TryAddSingleton<IRequestBudget, UnlimitedRequestBudget>();
        services.AddTransient<BudgetHandler>();
        services.AddSingleton<CalDavClient>();
        services.AddSingleton<CalDavDiscovery>();
        services.AddSingleton<CalDavHomes>();
        services.AddSingleton<CalDavPlaces>();
        services.AddSingleton<CalDavLister>();
        services.AddSingleton<CalDavReader>();
        services.AddSingleton<CalDavPuller>();
        services.AddSingleton<CalDavPusher>();
        services.AddSingleton<ICalendarWriter>();
        return services.AddSingleton<ICalendarProvider, CalDavProvider>();
    }

    private static void AddHttpClient(IServiceCollection services, string name, TimeSpan connectionLifetime)
    {
        var builder = services.AddHttpClient(name, client =>
        {
            // Ours is per request, see CalDavClient. iCloud wants a User-Agent.
            client.Timeout = Timeout.InfiniteTimeSpan;
            client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("CalendarSync", "1.0"));
        });
        builder.RemoveAllLoggers();
        builder.ConfigurePrimaryHttpMessageHandler(provider => Handler(provider.GetRequiredService<IOptions<AppleOptions>>().Value, connectionLifetime));

        // The hosts' standard handler would keep a Retry-After to itself, and share one circuit breaker among all servers of all users.
#pragma warning disable EXTEXP0001 // The only way to take back a default of ConfigureHttpClientDefaults.
        builder.RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        builder.AddResilienceHandler(name, pipeline => pipeline.AddRetry(new HttpRetryStrategyOptions
        {
            MaxRetryAttempts = 2,
            Delay = TimeSpan.FromMilliseconds(200),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = arguments => ValueTask.FromResult(IsLostRead(arguments.Outcome, arguments.Context)),
        }));

        // Within the retries: each of them is a request to the server.
        builder.AddHttpMessageHandler<BudgetHandler>();
    }

    // Only what cannot have done anything, and only when there was no answer at all: a status is for CalDavClient to read. A connection
    // that is reset, rather than closed, has no HttpRequestError of its own.
    private static bool IsLostRead(Outcome<HttpResponseMessage> outcome, ResilienceContext context) =>
        outcome.Exception is HttpRequestException { InnerException: not AddressNotAllowedException } lost
        && (lost.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.ResponseEnded
            || lost is { HttpRequestError: HttpRequestError.Unknown, InnerException: IOException })
        && context.GetRequestMessage()?.Method is { } method
        && (method == HttpMethod.Get || method == DavRequest.PropfindMethod || method == DavRequest.ReportMethod);

    private static SocketsHttpHandler Handler(AppleOptions options, TimeSpan connectionLifetime) => new()
    {
        // No AutomaticDecompression either: a login at iCloud has been seen to fail for an Accept-Encoding (natelindev/tsdav#238).
        AllowAutoRedirect = false,
        UseCookies = false,

        // A proxy would resolve the name itself, behind the guard's back.
        UseProxy = false,
        ConnectTimeout = options.ConnectTimeout,
        PooledConnectionLifetime = connectionLifetime,

        // Propagation off also ends the handler's own spans, which name the full address; CalDavClient makes one that does not.
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, cancellationToken) => OutboundAddressGuard.ConnectAsync(context.DnsEndPoint, options.AllowPrivateAddresses, cancellationToken),
    };
}
