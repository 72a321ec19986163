using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CalendarSync.Core.Notifications;

/// <summary>Registers notices to people.</summary>
public static class NotificationExtensions
{
    /// <summary><see cref="NotificationStore"/>.</summary>
    public static IServiceCollection AddNotifications(this IServiceCollection services)
    {
        services.TryAddSingleton<NotificationStore>();
        return services;
    }
}
