using System.Text.Json;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;

namespace CalendarSync.Api.Features.Connections;

/// <summary>How far a pass is.</summary>
/// <param name="Phase">listing, matching, importing, exporting or done.</param>
/// <param name="Done">Events handled.</param>
/// <param name="Total">Events as far as known; 0 = not known yet.</param>
/// <param name="Message">Plain words for people.</param>
internal sealed record ProgressBody(string Phase, int Done, int Total, string Message)
{
    /// <summary>The pass has ended: nothing follows.</summary>
    public bool IsEnd() => Phase == SyncPhase.Done;

    public static ProgressBody From(SyncProgress progress) => new(progress.Phase, progress.Done, progress.Total, progress.Message);

    /// <summary>Reads the column <c>calendar_connections.progress</c>.</summary>
    public static ProgressBody? Parse(string? json) =>
        json is not null && JsonSerializer.Deserialize<SyncProgress>(json, JsonSerializerOptions.Web) is { Phase: not null, Message: not null } progress ? From(progress) : null;

    /// <summary>What the row says. A pass that died leaves its last step behind, so the status of the connection counts first.</summary>
    public static ProgressBody Of(ConnectionRow row) => row switch
    {
        { IsDisconnected: true } => new(SyncPhase.Done, 0, 0, "This calendar is disconnected."),
        { SyncEnabled: false } => new(SyncPhase.Done, 0, 0, "Syncing is paused."),
        { SyncStatus: "token_expired" } => new(SyncPhase.Done, 0, 0, row.LastErrorMessage ?? "Please reconnect this calendar."),
        { SyncStatus: "syncing" } => Parse(row.Progress) is { } running && !running.IsEnd() ? running : new(SyncPhase.Listing, 0, 0, "Reading the calendar."),
        { SyncStatus: "error", InitialSyncCompletedAt: null } => new(SyncPhase.Listing, 0, 0, row.LastErrorMessage ?? "The first sync failed and will be tried again."),
        { InitialSyncCompletedAt: null } => new(SyncPhase.Listing, 0, 0, "The first sync starts in a moment."),
        _ => Parse(row.Progress) is { } last && last.IsEnd() ? last : new(SyncPhase.Done, 0, 0, "Everything is up to date."),
    };
}
