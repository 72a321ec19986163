using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CalendarSync.Core.Coordination;

/// <summary>Registers what the replicas agree on through Redis.</summary>
public static class CoordinationExtensions
{
    /// <summary>
    /// <see cref="RateLimiter"/>, <see cref="ProgressChannel"/> and <see cref="IdempotencyStore"/>, on the host's
    /// <c>IConnectionMultiplexer</c>.
    /// </summary>
    public static IServiceCollection AddCoordination(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RedisStore>();
        services.AddSingleton<RateLimiter>();
        services.AddSingleton<ProgressChannel>();
        services.AddSingleton<IdempotencyStore>();
        return services;
    }
}
