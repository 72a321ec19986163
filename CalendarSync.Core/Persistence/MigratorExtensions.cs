using Microsoft.Extensions.DependencyInjection;

namespace CalendarSync.Core.Persistence;

/// <summary>Registers the migrations.</summary>
public static class MigratorExtensions
{
    /// <summary><see cref="Migrator"/> for the verb that migrates, <see cref="MigrationState"/> for the hosts that wait for it.</summary>
    public static IServiceCollection AddMigrations(this IServiceCollection services) =>
        services.AddSingleton<Migrator>().AddSingleton<MigrationState>();
}
