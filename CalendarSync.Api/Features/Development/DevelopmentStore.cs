using System.Text.Json;
using CalendarSync.Api.Errors;
using CalendarSync.Api.Json;
using Dapper;
using Npgsql;

namespace CalendarSync.Api.Features.Development;

/// <summary>A person, as the Development sign-in tells about them.</summary>
internal sealed record Person(Guid Id, string Email, string Name);

/// <summary>A space of a person, with what they are in it: owner, admin or member.</summary>
internal sealed record PersonalSpace(Guid Id, string Name, string Role);

/// <summary>A person and all their spaces.</summary>
internal sealed record PersonWithSpaces(Person User, IReadOnlyList<PersonalSpace> Spaces);

/// <summary>
/// Calls the functions of schema <c>calendar_dev</c>, which the Worker's verb <c>seed-demo</c> installs. They run as their owner, so this
/// host needs no right here that it would not have in Production.
/// </summary>
internal static class DevelopmentStore
{
    /// <summary>For people's e-mail addresses as typed: enough to keep nonsense out of the users table.</summary>
    public static bool IsEmail(string? email) =>
        email is { Length: >= 3 and <= 254 } && email.IndexOf('@') is > 0 and var at && at < email.Length - 1
        && email.LastIndexOf('@') == at && !email.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));

    /// <returns><c>null</c> when the function answers NULL: what it was asked about does not exist.</returns>
    public static async Task<T?> CallAsync<T>(NpgsqlDataSource dataSource, string sql, object? parameters, CancellationToken ct)
        where T : class
    {
        try
        {
            await using var connection = await dataSource.OpenConnectionAsync(ct);
            var json = await connection.ExecuteScalarAsync<string?>(new CommandDefinition(sql, parameters, cancellationToken: ct));
            return json is null ? null : JsonSerializer.Deserialize<T>(json, ApiJson.Options);
        }
        catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedFunction)
        {
            throw new ProblemException(new Problem(
                503, "demo_not_seeded", "The demo family is not there yet: run the worker's seed-demo command once, as ./run does."));
        }
    }
}
