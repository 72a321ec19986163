using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Providers.CalDav;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CalendarSync.IntegrationTests.CalDav;

/// <summary>The provider as a host registers it, with a count of the requests that it sends.</summary>
internal sealed class CalDavHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private int _requests;

    public CalDavHost(Action<AppleOptions>? configure = null, TimeProvider? timeProvider = null, IRequestBudget? budget = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        if (timeProvider is not null)
        {
            services.AddSingleton(timeProvider);
        }

        if (budget is not null)
        {
            services.AddSingleton(budget);
        }

        services.AddCalDav();
        services.Configure<AppleOptions>(options =>
        {
            options.AllowPrivateAddresses = true;
            options.RequireHttps = false;
            configure?.Invoke(options);
        });
        services.AddHttpClient(CalDavClient.HttpClientName).AddHttpMessageHandler(() => new Counter(this));
        services.AddHttpClient(CalDavClient.UnpooledHttpClientName).AddHttpMessageHandler(() => new Counter(this));
        _services = services.BuildServiceProvider();
        Provider = _services.GetRequiredService<ICalendarProvider>();
    }

    public ICalendarProvider Provider { get; }

    public int Requests => Volatile.Read(ref _requests);

    public static ProviderAccount Account(Uri server, string user = "canary-user", string password = "canary-password") => new()
    {
        ConnectionId = new ConnectionId(Guid.NewGuid()),
        SpaceId = new SpaceId(Guid.NewGuid()),
        AccountId = user,
        ServerUrl = server,
        ReadSecretAsync = (kind, _) => kind == SecretKind.AppSpecificPassword ? ValueTask.FromResult(password) : throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private sealed class Counter(CalDavHost host) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref host._requests);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
