using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CalendarSync.Core.Telemetry;

/// <summary>Registers the product's own numbers.</summary>
public static class TelemetryExtensions
{
    /// <summary><see cref="SyncMetrics"/>.</summary>
    public static IServiceCollection AddSyncMetrics(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton<SyncMetrics>();
        return services;
    }
}
