using Dapper;
using NodaTime;
using Npgsql;

namespace CalendarSync.Worker.Demo;

/// <summary>Remembers what was seeded, in the transaction that seeds it.</summary>
internal static class DemoMark
{
    /// <summary>Marks a part as done.</summary>
    /// <returns><c>false</c> when it was marked before. A second seed that runs now waits for the first to end.</returns>
    public static async Task<bool> SetAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string what, Instant now, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into calendar_dev.seeded (what, at) values (@what, @at) on conflict (what) do nothing",
            new { what, at = now.ToDateTimeUtc() },
            transaction,
            cancellationToken: cancellationToken)) == 1;

    /// <summary>Whether a part is done.</summary>
    public static Task<bool> IsSetAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string what, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select from calendar_dev.seeded where what = @what)", new { what }, transaction, cancellationToken: cancellationToken));
}
