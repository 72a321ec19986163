using CalendarSync.Api.Errors;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;

namespace CalendarSync.Api.Features.Connections;

internal static class ConnectionAccess
{
    /// <summary>A connection of the user's spaces; one of other spaces is not found, exactly like one that does not exist.</summary>
    public static async Task<ConnectionRow> RequireConnectionAsync(this RowanTransaction transaction, Guid id, CancellationToken ct) =>
        await ConnectionStore.FindAsync(transaction, new ConnectionId(id), ct) ?? throw new ProblemException(Problems.ConnectionNotFound);
}
