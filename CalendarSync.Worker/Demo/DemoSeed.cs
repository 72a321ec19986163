using CalendarSync.Core.Model;
using Dapper;
using NodaTime;
using Npgsql;

namespace CalendarSync.Worker.Demo;

/// <summary>
/// Makes the demo family of Development: people, spaces and events in Rowan, and a filled calendar at the CalDAV server if one is
/// configured. A second run, at once or later, adds nothing and brings nothing back.
/// </summary>
internal sealed partial class DemoSeed(NpgsqlDataSource owner, DemoCalendar calendar, TimeProvider clock, ILogger<DemoSeed> logger)
{
    private const string CalendarMark = "calendar";

    /// <summary>Runs as the owner of the database: it installs functions and writes users.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = Instant.FromDateTimeOffset(clock.GetUtcNow());
        var calendarIsFilled = false;
        await InTransactionAsync(async (connection, transaction) =>
        {
            await DevelopmentSchema.InstallAsync(connection, transaction, cancellationToken);
            var made = await DemoRowan.SeedAsync(connection, transaction, now, cancellationToken);
            calendarIsFilled = await DemoMark.IsSetAsync(connection, transaction, CalendarMark, cancellationToken);
            Log.Family(logger, made ? DemoFamily.Users.Length : 0, made ? DemoFamily.Spaces.Length : 0);
        }, cancellationToken);

        if (!calendar.IsConfigured)
        {
            return;
        }

        // A calendar that exists without the mark is what a run left that died in the middle: the rest is written.
        if (await calendar.CreateAsync(cancellationToken) || !calendarIsFilled)
        {
            var today = now.InZone(TimeZones.Get(DemoFamily.Zone)).Date;
            Log.Calendar(logger, await calendar.FillAsync(DemoCalendarText.For(today, now), cancellationToken));
            await InTransactionAsync(
                (connection, transaction) => DemoMark.SetAsync(connection, transaction, CalendarMark, now, cancellationToken), cancellationToken);
        }
    }

    private async Task InTransactionAsync(Func<NpgsqlConnection, NpgsqlTransaction, Task> work, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Two hosts that start together would otherwise replace the same functions at once, which Postgres refuses.
        await connection.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended('calendar_dev', 0))", transaction: transaction, cancellationToken: cancellationToken));
        await work(connection, transaction);
        await transaction.CommitAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Demo family: {Users} users and {Spaces} spaces made.")]
        public static partial void Family(ILogger logger, int users, int spaces);

        [LoggerMessage(2, LogLevel.Information, "Demo calendar: {Events} events written.")]
        public static partial void Calendar(ILogger logger, int events);
    }
}
