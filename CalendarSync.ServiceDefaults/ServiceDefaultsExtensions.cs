using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace CalendarSync.ServiceDefaults;

/// <summary>What every host of the system has in common: logs, telemetry, health, service discovery and careful HTTP.</summary>
public static class ServiceDefaultsExtensions
{
    private const string Live = "live";

    /// <summary>Adds the common services. Call it first, so that a host can still change what it needs otherwise.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.AddQuietLogs();
        builder.AddTelemetry();

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [Live]);
        builder.Services.AddServiceDiscovery();
        builder.Services.AddCarefulHttp();
        return builder;
    }

    /// <summary>
    /// Maps <c>/health</c> (ready: every check passes) and <c>/alive</c> (the process answers; a lost database is no reason to kill it).
    /// In every environment, because orchestrators probe Production too: the answer is one word and tells nothing else.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks("/health").AllowAnonymous();
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Live) }).AllowAnonymous();
        return app;
    }

    private static void AddQuietLogs(this IHostApplicationBuilder builder)
    {
        // Lowest priority: appsettings and environment variables still win. Request lines carry addresses, so they are off by default.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = "Information",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
                ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
                ["Logging:LogLevel:Npgsql"] = "Warning",
                // It writes addresses of calendar servers and whole exceptions for each retry; whoever gives up says so once, without them.
                ["Logging:LogLevel:Polly"] = "None",
                ["Logging:LogLevel:StackExchange.Redis"] = "Warning",
            },
        });
        builder.Logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "HH:mm:ss.fff ";
            options.ColorBehavior = LoggerColorBehavior.Disabled;
        });
    }
}
