using Dapper;
using Npgsql;

namespace CalendarSync.Core.Persistence;

/// <summary>Whether the database has the schema that this version was written for: one small query, fit for a health check.</summary>
public sealed class MigrationState(NpgsqlDataSource dataSource)
{
    /// <summary>The migrations of this version that the database lacks; empty when a host may work.</summary>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    public async Task<IReadOnlyList<string>> GetMissingAsync(CancellationToken cancellationToken)
    {
        await using var session = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            var applied = await session.QueryAsync<string>(new CommandDefinition(
                $"select scriptname from {MigrationScripts.Journal}", cancellationToken: cancellationToken));
            return [.. MigrationScripts.All.Select(script => script.Name).Except(applied)];
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable
            or PostgresErrorCodes.InvalidSchemaName
            or PostgresErrorCodes.InsufficientPrivilege)
        {
            // The journal is made with the first migration and opened to the hosts after the last.
            return [.. MigrationScripts.All.Select(script => script.Name)];
        }
    }
}
