using CalendarSync.Core.Providers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace CalendarSync.Core.Coordination;

/// <summary>Registers what the replicas agree on through Redis.</summary>
public static class CoordinationExtensions
{
    /// <summary>
    /// <see cref="RateLimiter"/>, <see cref="ProgressChannel"/>, <see cref="IdempotencyStore"/> and the <see cref="IRequestBudget"/> of
    /// providers, on the host's <c>IConnectionMultiplexer</c>.
    /// </summary>
    public static IServiceCollection AddCoordination(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RedisStore>();
        services.AddSingleton<RateLimiter>();
        services.AddSingleton<ProgressChannel>();
        services.AddSingleton<IdempotencyStore>();
        services.AddOptions<ProviderLimitOptions>()
            .Configure<IServiceProvider>((limits, provider) =>
            {
                // The demo reads its calendar every two seconds, from a server that is our own.
                if (provider.GetService<IHostEnvironment>()?.IsDevelopment() == true)
                {
                    limits.ApplePerMinute = 0;
                }
            })
            .BindConfiguration(ProviderLimitOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<IRequestBudget, SharedRequestBudget>();
        return services;
    }
}
