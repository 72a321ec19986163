using CalendarSync.Core.Notifications;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CalendarSync.Core.Sync;

/// <summary>Registers the sync engine.</summary>
public static class SyncExtensions
{
    /// <summary>
    /// Adds <see cref="SyncSession"/>, <see cref="PreviewSession"/> and their stores, with the options "Sync", "Queue", "Deletions" and "Conflicts". Needs the database,
    /// the vault, coordination and at least one provider.
    /// </summary>
    public static IServiceCollection AddSync(this IServiceCollection services)
    {
        services.AddOptions<SyncOptions>().BindConfiguration("Sync").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<QueueOptions>().BindConfiguration("Queue").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<DeletionOptions>().BindConfiguration("Deletions").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<ConflictOptions>().BindConfiguration("Conflicts").ValidateDataAnnotations().ValidateOnStart();
        services.AddNotifications();
        services.AddSyncMetrics();
        services.AddSingleton<LeaseStore>();
        services.AddSingleton<PassStore>();
        services.AddSingleton<ProgressReporter>();
        services.AddSingleton<InboundApplier>();
        services.AddSingleton<DeletionPhase>();
        services.AddSingleton<DecisionPhase>();
        services.AddSingleton<RetryPhase>();
        services.AddSingleton<CalendarDirectory>();
        services.AddSingleton<Importer>();
        services.AddSingleton<OutboundGuard>();
        services.AddSingleton<Exporter>();
        services.AddSingleton<PassFactory>();
        services.AddSingleton<PreviewStore>();
        services.AddSingleton(provider => new PreviewSession(
            provider.GetRequiredService<RowanDatabase>(),
            provider.GetRequiredService<LeaseStore>(),
            provider.GetRequiredService<PreviewStore>(),
            provider.GetRequiredService<PassFactory>(),
            provider.GetRequiredService<IOptions<ConflictOptions>>(),
            provider.GetRequiredService<IOptions<DeletionOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PreviewSession>>()));
        services.AddSingleton(provider => new SyncSession(
            provider.GetRequiredService<LeaseStore>(),
            provider.GetRequiredService<PassStore>(),
            provider.GetRequiredService<PassFactory>(),
            provider.GetRequiredService<CalendarDirectory>(),
            provider.GetRequiredService<Importer>(),
            provider.GetRequiredService<RetryPhase>(),
            provider.GetRequiredService<Exporter>(),
            provider.GetRequiredService<ProgressReporter>(),
            provider.GetRequiredService<NotificationStore>(),
            provider.GetRequiredService<SyncMetrics>(),
            provider.GetRequiredService<IOptions<SyncOptions>>(),
            provider.GetRequiredService<IOptions<QueueOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SyncSession>>()));
        return services;
    }
}
