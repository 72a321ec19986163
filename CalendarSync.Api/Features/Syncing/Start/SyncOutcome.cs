using System.Globalization;
using CalendarSync.Api.Errors;
using CalendarSync.Core.Persistence;

namespace CalendarSync.Api.Features.Syncing.Start;

/// <summary>Reads from the log what became of a request for a sync. Pure.</summary>
internal static class SyncOutcome
{
    /// <summary>
    /// Whether the request has its answer. A pass that somebody asked for has a row of its own from its start; passes that only push edits
    /// are "incremental" and may come before it.
    /// </summary>
    /// <param name="passes">All that started since the request, oldest first.</param>
    public static bool IsAnswered(IReadOnlyList<SyncLogRow> passes) => Answer(passes) is { CompletedAt: not null };

    /// <exception cref="ProblemException">The pass failed as a whole.</exception>
    public static Response Of(IReadOnlyList<SyncLogRow> passes)
    {
        var answer = Answer(passes);
        if (answer is { Status: "failed", CompletedAt: not null })
        {
            throw new ProblemException(new Problem(502, "sync_failed", answer.ErrorMessage ?? "The sync failed. It will be tried again by itself.")
            {
                Extensions = new Dictionary<string, object?> { ["sync_log_id"] = answer.Id, ["error_code"] = answer.ErrorCode },
            });
        }

        var synced = passes.Sum(pass => pass.EventsSynced);
        return new Response
        {
            Status = answer?.CompletedAt is null ? "running" : "completed",
            SyncLogId = answer?.Id,
            EventsSynced = synced,
            EventsCreated = passes.Sum(pass => pass.EventsCreated),
            EventsUpdated = passes.Sum(pass => pass.EventsUpdated),
            EventsDeleted = passes.Sum(pass => pass.EventsDeleted),
            ConflictsDetected = passes.Sum(pass => pass.ConflictsDetected),
            Message = Message(answer, synced),
        };
    }

    private static SyncLogRow? Answer(IReadOnlyList<SyncLogRow> passes) => passes.LastOrDefault(pass => pass.SyncType is "manual" or "full");

    private static string Message(SyncLogRow? answer, int synced) => answer switch
    {
        null or { CompletedAt: null } => "The sync is running and goes on in the background.",
        { Status: "partial" } => string.Create(CultureInfo.InvariantCulture, $"Sync completed. {synced} events processed; some could not be synced and are listed with their reason."),
        _ => string.Create(CultureInfo.InvariantCulture, $"Sync completed successfully. {synced} events processed."),
    };
}
