using System.Globalization;
using CalendarSync.Web.Api;

namespace CalendarSync.Web.Components.Parts;

/// <summary>What a connection's card says to people.</summary>
internal static class ConnectionWords
{
    /// <summary>What became of "Sync now". Never claims that all is well while events of the connection wait for a person.</summary>
    public static string Of(SyncOutcome outcome, int errorsOpen) => (outcome, errorsOpen) switch
    {
        ({ Status: not "completed" }, _) => outcome.Message,
        ({ EventsSynced: 0 }, 0) => "Everything is up to date.",
        ({ EventsSynced: 0 }, _) => "Nothing new. Some events could not be synced.",
        (_, 0) => $"{Events(outcome.EventsSynced)} synced.",
        _ => $"{Events(outcome.EventsSynced)} synced. Some others could not be.",
    };

    /// <summary>
    /// What stands on the card for as long as the connection is in trouble; <c>null</c> where it is not.
    /// </summary>
    public static string? Trouble(Connection connection, bool mayManage) => connection switch
    {
        { SyncStatus: "token_expired", Provider: "apple" } when mayManage =>
            "The stored password does not work any more. Enter the new one; nothing is lost meanwhile.",
        { SyncStatus: "token_expired", Provider: "apple" } =>
            "The stored password does not work any more. Whoever connected this calendar has to enter the new one.",
        { SyncStatus: "token_expired" } => "The permission for this calendar has ended. Disconnect it, then connect it again.",
        { SyncStatus: "error" } => connection.LastErrorMessage,
        _ => null,
    };

    private static string Events(int count) => count == 1 ? "1 event" : string.Create(CultureInfo.InvariantCulture, $"{count} events");
}
