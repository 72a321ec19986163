using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CalendarSync.ServiceDefaults;

/// <summary>Redis, as the AppHost hands it over in <c>ConnectionStrings:redis</c>. It never holds truth: losing it costs time, not data.</summary>
public static class RedisClient
{
    // What is written later in a configuration string wins, so the connection string can change each of these.
    private const string Defaults = "abortConnect=false,connectTimeout=2000,syncTimeout=2000,asyncTimeout=2000,";

    /// <summary>Registers <see cref="IConnectionMultiplexer"/>, which reconnects by itself, with spans, metrics and a readiness check.</summary>
    public static TBuilder AddRedis<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddSingleton<RedisTracing>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RedisTracing>());
        builder.Services.AddSingleton<IConnectionMultiplexer>(Connect);
        builder.Services.AddHealthChecks()
            .AddRedis(services => services.GetRequiredService<IConnectionMultiplexer>(), name: "redis", timeout: TimeSpan.FromSeconds(3));
        return builder;
    }

    private static ConnectionMultiplexer Connect(IServiceProvider services)
    {
        var connectionString = services.GetRequiredService<IConfiguration>().GetConnectionString("redis");
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new InvalidOperationException(
                "Redis is not configured: set ConnectionStrings__redis. The AppHost does so for the processes that it starts.");
        }

        var options = ConfigurationOptions.Parse(Defaults + connectionString);

        // While Redis is away a command fails at once instead of waiting in a backlog: its callers know how to go on without it.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.LoggerFactory = services.GetRequiredService<ILoggerFactory>();

        var multiplexer = ConnectionMultiplexer.Connect(options);
        multiplexer.RegisterProfiler(services.GetRequiredService<RedisTracing>().CurrentSession);
        return multiplexer;
    }
}
