using CalendarSync.Core.Persistence;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CalendarSync.Api.Health;

/// <summary>Not ready before the database has the schema that this version was written for.</summary>
internal sealed class MigrationsCheck(MigrationState state) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await state.GetMissingAsync(cancellationToken) is { Count: > 0 and var missing }
            ? HealthCheckResult.Unhealthy($"{missing} migrations are not applied.")
            : HealthCheckResult.Healthy();
}

internal static class HealthSetup
{
    public static IServiceCollection AddMigrationsCheck(this IServiceCollection services)
    {
        services.AddSingleton<MigrationState>();
        services.AddHealthChecks().AddCheck<MigrationsCheck>("migrations", timeout: TimeSpan.FromSeconds(3));
        return services;
    }
}
