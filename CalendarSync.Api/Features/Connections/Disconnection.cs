using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;

namespace CalendarSync.Api.Features.Connections;

/// <summary>A calendar was disconnected.</summary>
/// <param name="Success">Always true.</param>
/// <param name="Message">Plain words for people.</param>
/// <param name="EventsUnsynced">Events that are not synced any more.</param>
/// <param name="Provider">google, apple or cozi.</param>
internal sealed record DisconnectedBody(bool Success, string Message, int EventsUnsynced, string Provider);

/// <summary>What both forms of the request do. Repeating it is harmless: then there is nothing left to unsync.</summary>
internal static class Disconnection
{
    public static readonly OpenApi.ApiError[] Errors = [new(400, "validation_error"), new(403, "access_denied"), new(404, "not_found")];

    public static async Task<DisconnectedBody> DisconnectAsync(
        this RowanDatabase database, UserId user, Guid connectionId, bool deleteEvents, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(user, ct);
        var connection = await transaction.RequireConnectionAsync(connectionId, ct);
        var unsynced = await ConnectionStore.DisconnectAsync(transaction, connection.Id, deleteEvents, ct);
        await transaction.CommitAsync(ct);
        return new DisconnectedBody(true, "Calendar disconnected successfully", unsynced, connection.Provider);
    }
}
