using CalendarSync.Core.Persistence;
using CalendarSync.Core.Sync;
using Microsoft.Extensions.Options;

namespace CalendarSync.Worker.Sync;

/// <summary>Registers the loop that makes this process a worker.</summary>
internal static class SyncLoopExtensions
{
    /// <summary>Time to give leases back after the grace, before the host gives up on us.</summary>
    private static readonly TimeSpan ReleaseTime = TimeSpan.FromSeconds(5);

    public static IServiceCollection AddSyncLoop(this IServiceCollection services)
    {
        services.AddOptions<WorkerOptions>().BindConfiguration("Worker").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<HostOptions>().Configure<IOptions<WorkerOptions>>(
            (host, worker) => host.ShutdownTimeout = worker.Value.ShutdownGrace + ReleaseTime);

        services.AddSingleton(provider => SyncWork.Of(
            provider.GetRequiredService<LeaseStore>(),
            provider.GetRequiredService<SyncSession>(),
            provider.GetRequiredService<IOptions<WorkerOptions>>().Value));
        services.AddSingleton<WakeSignal>();
        services.AddKeyedSingleton<WakeSignal>(PreviewLoop.WakeKey);
        services.AddKeyedSingleton<LoopState>(SyncLoop.StateKey);
        services.AddKeyedSingleton<LoopState>(ChangeListener.StateKey);
        services.AddHostedService<SyncLoop>();
        services.AddHostedService<ChangeListener>();
        services.AddHostedService<PreviewLoop>();

        services.AddSingleton<MigrationState>();
        services.AddHealthChecks()
            .AddCheck<SyncLoopHealth>("sync-loop")
            .AddCheck<MigrationsHealth>("migrations", timeout: TimeSpan.FromSeconds(3));
        return services;
    }
}
