using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CalendarSync.ServiceDefaults;

/// <summary>Rowan's Postgres, as the AppHost hands it over in <c>ConnectionStrings:rowan</c>.</summary>
public static class RowanDataSource
{
    /// <summary>Key of the data source whose sessions stay with us: for LISTEN, advisory locks and migrations.</summary>
    public const string Session = "session";

    /// <summary>
    /// Registers <see cref="NpgsqlDataSource"/> from <c>ConnectionStrings:rowan</c>, which may lead through a pooler in transaction mode, and
    /// the keyed one (<see cref="Session"/>) from <c>ConnectionStrings:rowan_session</c>, by default the same; with a readiness check.
    /// </summary>
    /// <remarks>
    /// Where the two differ, <c>rowan</c> is taken for such a pooler: what a session remembers belongs to nobody there. So nothing is prepared
    /// for the session, and nothing of it is reset when it goes back to the pool, which would be a statement on somebody else's session
    /// (https://www.npgsql.org/doc/compatibility.html#pgbouncer).
    /// </remarks>
    public static TBuilder AddRowanDataSource<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddSingleton(services => Build(services, ["rowan"], mayBePooled: true));
        builder.Services.AddKeyedSingleton(Session, (services, _) => Build(services, ["rowan_session", "rowan"], mayBePooled: false));
        builder.Services.AddHealthChecks()
            .AddNpgSql(services => services.GetRequiredService<NpgsqlDataSource>(), name: "postgres", timeout: TimeSpan.FromSeconds(3));
        return builder;
    }

    private static NpgsqlDataSource Build(IServiceProvider services, string[] names, bool mayBePooled)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var connectionString = names.Select(configuration.GetConnectionString).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value))
            ?? throw new InvalidOperationException(
                "The database is not configured: set ConnectionStrings__rowan. The AppHost does so for the processes that it starts.");

        var source = new NpgsqlDataSourceBuilder(connectionString) { Name = names[0] };
        source.ConnectionStringBuilder.ApplicationName ??= services.GetRequiredService<IHostEnvironment>().ApplicationName;
        if (mayBePooled && configuration.GetConnectionString("rowan_session") is { Length: > 0 } session && session != connectionString)
        {
            source.ConnectionStringBuilder.NoResetOnClose = true;
            source.ConnectionStringBuilder.MaxAutoPrepare = 0;
        }

        source.UseNodaTime();
        source.UseLoggerFactory(services.GetRequiredService<ILoggerFactory>());
        return source.Build();
    }
}
