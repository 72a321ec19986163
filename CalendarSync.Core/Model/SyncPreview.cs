using NodaTime;

namespace CalendarSync.Core.Model;

/// <summary>What a full sync would do. The lists are cut at <see cref="MaxItems"/>; the counts are not.</summary>
/// <param name="Import">Events that Rowan would get or change.</param>
/// <param name="Export">Events of Rowan that would be created or changed outside.</param>
/// <param name="Matches">Events that both sides have already, each with its counterpart.</param>
/// <param name="Deletes">Events that would be deleted on either side.</param>
/// <param name="Counts">How many of each.</param>
public sealed record SyncPreview(
    IReadOnlyList<PreviewImport> Import,
    IReadOnlyList<PreviewExport> Export,
    IReadOnlyList<PreviewMatch> Matches,
    IReadOnlyList<PreviewDelete> Deletes,
    PreviewCounts Counts)
{
    /// <summary>At most so many of each list.</summary>
    public const int MaxItems = 100;
}

/// <summary>An event that would come to Rowan.</summary>
/// <param name="Title">As the calendar says it.</param>
/// <param name="StartTime">Start.</param>
/// <param name="EndTime">Exclusive end.</param>
/// <param name="AllDay">Whole days.</param>
/// <param name="Action">create, update, or restore: from the trash.</param>
public sealed record PreviewImport(string Title, Instant StartTime, Instant? EndTime, bool AllDay, string Action);

/// <summary>An event of Rowan that would go out.</summary>
/// <param name="EventId">The event.</param>
/// <param name="Title">As Rowan says it.</param>
/// <param name="StartTime">Start.</param>
/// <param name="EndTime">Exclusive end.</param>
/// <param name="AllDay">Whole days.</param>
/// <param name="Action">create or update.</param>
public sealed record PreviewExport(Guid EventId, string Title, Instant StartTime, Instant? EndTime, bool AllDay, string Action);

/// <summary>Two events that would be taken for one.</summary>
/// <param name="Rowan">The one in Rowan.</param>
/// <param name="External">The one in the calendar.</param>
/// <param name="Score">How alike they are, at most 1.</param>
public sealed record PreviewMatch(PreviewEvent Rowan, PreviewEvent External, double Score);

/// <summary>One side of a match.</summary>
/// <param name="Id">The row in Rowan; null for the calendar's event, which has no id that means anything to people.</param>
/// <param name="Title">Title.</param>
/// <param name="StartTime">Start.</param>
/// <param name="AllDay">Whole days.</param>
public sealed record PreviewEvent(Guid? Id, string Title, Instant StartTime, bool AllDay);

/// <summary>An event that would be deleted.</summary>
/// <param name="Side">rowan or external: where.</param>
/// <param name="EventId">The event in Rowan.</param>
/// <param name="Title">Null when Rowan has forgotten it.</param>
/// <param name="StartTime">Null when Rowan has forgotten it.</param>
/// <param name="Held">So many would go at once that they would be kept, and somebody asked.</param>
public sealed record PreviewDelete(string Side, Guid EventId, string? Title, Instant? StartTime, bool Held);

/// <summary>How many.</summary>
/// <param name="Import">Created, changed or restored in Rowan.</param>
/// <param name="Export">Created or changed outside.</param>
/// <param name="Matches">Found on both sides.</param>
/// <param name="Deletes">Deleted on either side, the held ones included.</param>
/// <param name="Held">Deletions that would be held.</param>
/// <param name="Conflicts">Events that differ on both sides: the external version would be kept, and the other one in the history.</param>
/// <param name="Skipped">Events that cannot be synced.</param>
public sealed record PreviewCounts(int Import, int Export, int Matches, int Deletes, int Held, int Conflicts, int Skipped);
