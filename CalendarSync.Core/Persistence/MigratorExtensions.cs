using Microsoft.Extensions.DependencyInjection;

namespace CalendarSync.Core.Persistence;

/// <summary>Registers the migrations.</summary>
public static class MigratorExtensions
{
    /// <summary><see cref="Migrator"/>, for the verb that migrates: it opens its own session, so it needs no data source.</summary>
    public static IServiceCollection AddMigrations(this IServiceCollection services) => services.AddSingleton<Migrator>();
}
