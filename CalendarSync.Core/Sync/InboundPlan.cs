using CalendarSync.Core.Persistence;

namespace CalendarSync.Core.Sync;

/// <summary>What one page of external changes does to the database: sets, to be written in one statement each.</summary>
internal sealed class InboundPlan
{
    public List<RowanEventRow> Inserts { get; } = [];

    public List<RowanEventRow> Updates { get; } = [];

    public List<Guid> SoftDeletes { get; } = [];

    /// <summary>Events that were found to be the same, with the UID of their counterpart, and whether that is where they came from.</summary>
    public List<(Guid Id, string Uid, bool Imported)> Links { get; } = [];

    /// <summary>The same with both sides, for those who want to see what was found.</summary>
    public List<FoundMatch> Matches { get; } = [];

    public List<MappingRow> Mappings { get; } = [];

    public List<Guid> RetiredMappings { get; } = [];

    /// <summary>Mappings about which nobody has to decide any more, because both sides live.</summary>
    public List<Guid> Released { get; } = [];

    /// <summary>Events whose UID is synced from another calendar of the account.</summary>
    public List<EventCopy> Copies { get; } = [];

    public List<ConflictRow> Conflicts { get; } = [];

    /// <summary>Rowan events whose next step is a push.</summary>
    public List<Guid> Enqueue { get; } = [];

    public List<ItemErrorRow> Errors { get; } = [];

    /// <summary>External events that were read, or are gone: their errors close.</summary>
    public List<string> Settled { get; } = [];

    public PassOutcome Outcome => new()
    {
        Created = Inserts.Count,
        Updated = Updates.Count,
        Deleted = SoftDeletes.Count,
        Conflicts = Conflicts.Count(c => c.Kind != ConflictKinds.SameEdit),
        Failed = Errors.Count,
    };
}

/// <summary>An event of Rowan and its counterpart outside.</summary>
/// <param name="Row">As it is in Rowan.</param>
/// <param name="Applied">As it would be if the external version were written to it.</param>
/// <param name="Score">How alike they are, at most 1.</param>
internal sealed record FoundMatch(RowanEventRow Row, RowanEventRow Applied, double Score);
