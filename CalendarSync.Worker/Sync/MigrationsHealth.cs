using CalendarSync.Core.Persistence;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CalendarSync.Worker.Sync;

/// <summary>Unhealthy until the database has this version's schema.</summary>
internal sealed class MigrationsHealth(MigrationState migrations) : IHealthCheck
{
    private volatile bool _complete;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // Migrations are never taken back while a version runs, so once is enough.
        if (!_complete)
        {
            var missing = await migrations.GetMissingAsync(cancellationToken);
            if (missing.Count > 0)
            {
                return HealthCheckResult.Unhealthy($"{missing.Count} migrations are missing, first {missing[0]}. Run the worker's migrate verb.");
            }

            _complete = true;
        }

        return HealthCheckResult.Healthy();
    }
}
