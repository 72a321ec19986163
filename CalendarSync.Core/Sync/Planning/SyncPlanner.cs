using CalendarSync.Core.Model;

namespace CalendarSync.Core.Sync.Planning;

/// <summary>What became of one side of a pair since the base: what both sides looked like when they last agreed.</summary>
public enum SideState
{
    /// <summary>As at the base.</summary>
    Unchanged,

    /// <summary>Says something else than at the base.</summary>
    Changed,

    /// <summary>Was there at the base and is gone, by proof: a tombstone, or absence from a listing known to be complete.</summary>
    Deleted,

    /// <summary>Was never there.</summary>
    Absent,
}

/// <summary>One event and its counterpart, compared with the base.</summary>
/// <param name="Rowan">The row in Rowan.</param>
/// <param name="External">The event outside.</param>
/// <param name="Direction">Which way the connection syncs.</param>
/// <param name="SameContent">Both sides changed, to the same: applying one to the other would change nothing.</param>
/// <param name="SameMoment">Both sides changed within the same-edit window (see <see cref="ConflictPolicy"/>).</param>
public readonly record struct Pair(SideState Rowan, SideState External, SyncDirection Direction, bool SameContent = false, bool SameMoment = false);

/// <summary>What to do with a pair. Each is idempotent.</summary>
public enum SyncAction
{
    /// <summary>Both sides are as they should be.</summary>
    Nothing,

    /// <summary>Write the external version to Rowan.</summary>
    ApplyToRowan,

    /// <summary>Soft-delete in Rowan and retire the mapping.</summary>
    DeleteInRowan,

    /// <summary>Both sides say the same again: remember that as the base.</summary>
    MoveBase,

    /// <summary>Write Rowan's version outside, on condition of the base version.</summary>
    PushToExternal,

    /// <summary>Delete outside, on condition of the base version.</summary>
    DeleteOutside,

    /// <summary>Both sides are gone: the mapping goes.</summary>
    ForgetMapping,

    /// <summary>Match the external event with one in Rowan, else create it there.</summary>
    Import,

    /// <summary>Create outside, under the derived identity.</summary>
    CreateOutside,

    /// <summary>Deleted in Rowan, kept outside, by the direction: remember not to import it again.</summary>
    Hide,

    /// <summary>Conflict: the external version is written to Rowan, Rowan's is kept in the history.</summary>
    ConflictExternalWins,

    /// <summary>Conflict: deleted outside, changed in Rowan. Deleted in Rowan, its version kept in the history.</summary>
    ConflictDeleteInRowan,

    /// <summary>Conflict: deleted in Rowan, changed outside. Restored in Rowan from outside.</summary>
    ConflictRestoreInRowan,

    /// <summary>Conflict on an outbound-only connection: Rowan's version is written outside, the external one kept in the history.</summary>
    ConflictRowanWins,

    /// <summary>The same edit, typed on two devices: external is kept, Rowan's stays restorable, nobody is notified.</summary>
    SameEditExternalWins,
}

/// <summary>
/// The whole decision of the sync, as one table. Pure: it is told what changed, and never looks at a clock to find out.
/// </summary>
public static class SyncPlanner
{
    /// <summary>Decides one pair.</summary>
    public static SyncAction Decide(Pair pair) => pair.Direction switch
    {
        SyncDirection.InboundOnly => Inbound(pair),
        SyncDirection.OutboundOnly => Outbound(pair),
        _ => Bidirectional(pair),
    };

    private static SyncAction Bidirectional(Pair pair) => (pair.Rowan, pair.External) switch
    {
        (SideState.Unchanged, SideState.Unchanged) => SyncAction.Nothing,
        (SideState.Unchanged, SideState.Changed) => SyncAction.ApplyToRowan,
        (SideState.Unchanged, SideState.Deleted) => SyncAction.DeleteInRowan,

        (SideState.Changed, SideState.Unchanged) => SyncAction.PushToExternal,
        (SideState.Changed, SideState.Changed) => BothChanged(pair),
        (SideState.Changed, SideState.Deleted) => SyncAction.ConflictDeleteInRowan,

        (SideState.Deleted, SideState.Unchanged) => SyncAction.DeleteOutside,
        (SideState.Deleted, SideState.Changed) => SyncAction.ConflictRestoreInRowan,
        (SideState.Deleted, SideState.Deleted) => SyncAction.ForgetMapping,

        (SideState.Absent, SideState.Unchanged or SideState.Changed) => SyncAction.Import,
        (SideState.Absent, SideState.Deleted or SideState.Absent) => SyncAction.Nothing,

        // Nothing outside yet: a new event, or a create that was never proved to have happened.
        (SideState.Unchanged or SideState.Changed, SideState.Absent) => SyncAction.CreateOutside,
        (SideState.Deleted, SideState.Absent) => SyncAction.ForgetMapping,

        _ => throw new ArgumentOutOfRangeException(nameof(pair)),
    };

    // Rowan's edits stay local until the next external change wins; a deletion in Rowan stays, and is neither undone nor carried out.
    private static SyncAction Inbound(Pair pair) => (pair.Rowan, pair.External) switch
    {
        (SideState.Changed, SideState.Unchanged) => SyncAction.Nothing,
        (SideState.Deleted, SideState.Unchanged or SideState.Changed) => SyncAction.Hide,
        (SideState.Unchanged or SideState.Changed, SideState.Absent) => SyncAction.Nothing,
        _ => Bidirectional(pair),
    };

    // External edits are ignored until the next edit in Rowan overwrites them.
    private static SyncAction Outbound(Pair pair) => (pair.Rowan, pair.External) switch
    {
        (SideState.Unchanged, SideState.Changed or SideState.Deleted) => SyncAction.Nothing,
        (SideState.Changed, SideState.Changed) => pair.SameContent ? SyncAction.MoveBase : SyncAction.ConflictRowanWins,
        (SideState.Changed, SideState.Deleted) => SyncAction.CreateOutside,
        (SideState.Deleted, SideState.Changed) => SyncAction.ConflictRowanWins,
        (SideState.Absent, _) => SyncAction.Nothing,
        _ => Bidirectional(pair),
    };

    private static SyncAction BothChanged(Pair pair) => pair switch
    {
        { SameContent: true } => SyncAction.MoveBase,
        { SameMoment: true } => SyncAction.SameEditExternalWins,
        _ => SyncAction.ConflictExternalWins,
    };
}
