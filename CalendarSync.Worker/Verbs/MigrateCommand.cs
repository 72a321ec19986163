using System.Net.Sockets;
using CalendarSync.Core.Persistence;
using CalendarSync.ServiceDefaults;
using Npgsql;

namespace CalendarSync.Worker.Verbs;

/// <summary>The verb <c>migrate</c>: waits for Postgres, applies what is missing, sets the hosts' passwords, and ends.</summary>
internal static partial class MigrateCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.AddServiceDefaults();
        builder.AddRowanDataSource();
        builder.Services.AddMigrations();
        using var host = builder.Build();
        return await RunAsync(
            host.Services.GetRequiredService<Migrator>(),
            builder.Configuration,
            host.Services.GetRequiredService<TimeProvider>(),
            host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(MigrateCommand)),
            cancellationToken);
    }

    private static async Task<int> RunAsync(
        Migrator migrator,
        ConfigurationManager configuration,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        // In session mode: the advisory lock of the migrations belongs to a session.
        var connectionString = NotEmpty(configuration.GetConnectionString("rowan_session")) ?? NotEmpty(configuration.GetConnectionString("rowan"));
        if (connectionString is null)
        {
            Log.NotConfigured(logger);
            return ExitCode.Failure;
        }

        var passwords = new DatabasePasswords(NotEmpty(configuration["Database:ApiPassword"]), NotEmpty(configuration["Database:WorkerPassword"]));
        try
        {
            await WaitForPostgresAsync(connectionString, time, logger, cancellationToken);
            var applied = await migrator.MigrateAsync(connectionString, passwords, cancellationToken);
            Log.Done(logger, applied.Count);
            return ExitCode.Success;
        }
        catch (MigrationException exception)
        {
            Log.MigrationFailed(logger, exception.Script ?? "(none yet)", exception);
            return ExitCode.Failure;
        }
        catch (NpgsqlException exception)
        {
            Log.NoDatabase(logger, exception);
            return ExitCode.Failure;
        }
    }

    /// <summary>
    /// A database that was started together with us takes a moment: nobody listens yet, or it says that it is starting up (57P03), or
    /// the AppHost has not created it yet (3D000). A wrong password does not get better, so it fails at once.
    /// </summary>
    private static async Task WaitForPostgresAsync(string connectionString, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException exception) when (IsStarting(exception) && time.GetElapsedTime(started) < Patience)
            {
                if (attempt == 1)
                {
                    Log.Waiting(logger, (int)Patience.TotalSeconds);
                }

                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private static bool IsStarting(NpgsqlException exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.InvalidCatalogName } => true,
        PostgresException postgres => postgres.IsTransient,
        _ => exception.IsTransient || exception.InnerException is SocketException or IOException or TimeoutException,
    };

    private static string? NotEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The database is not configured: set ConnectionStrings__rowan to its owner's connection string")]
        public static partial void NotConfigured(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Waiting for Postgres, up to {Seconds} seconds")]
        public static partial void Waiting(ILogger logger, int seconds);

        [LoggerMessage(LogLevel.Information, "Migrations are complete; {Applied} were applied now")]
        public static partial void Done(ILogger logger, int applied);

        [LoggerMessage(LogLevel.Critical, "Migration {Script} failed and left nothing behind; the ones before it stay")]
        public static partial void MigrationFailed(ILogger logger, string script, Exception exception);

        [LoggerMessage(LogLevel.Critical, "Postgres cannot be used")]
        public static partial void NoDatabase(ILogger logger, Exception exception);
    }
}
