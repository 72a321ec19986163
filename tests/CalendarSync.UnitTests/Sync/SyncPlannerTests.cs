using CalendarSync.Core.Model;
using CalendarSync.Core.Sync.Planning;
using NodaTime;
using static CalendarSync.Core.Sync.Planning.SideState;

namespace CalendarSync.UnitTests.Sync;

/// <summary>The table of the design, cell by cell; a cell that is missing here fails the completeness test.</summary>
public sealed class SyncPlannerTests
{
    public static TheoryData<SideState, SideState, SyncAction, SyncAction, SyncAction> Cells { get; } = new()
    {
        // Rowan, external: both ways, inbound only, outbound only
        { Unchanged, Unchanged, SyncAction.Nothing, SyncAction.Nothing, SyncAction.Nothing },
        { Unchanged, Changed, SyncAction.ApplyToRowan, SyncAction.ApplyToRowan, SyncAction.Nothing },
        { Unchanged, Deleted, SyncAction.DeleteInRowan, SyncAction.DeleteInRowan, SyncAction.Nothing },
        { Unchanged, Absent, SyncAction.CreateOutside, SyncAction.Nothing, SyncAction.CreateOutside },
        { Changed, Unchanged, SyncAction.PushToExternal, SyncAction.Nothing, SyncAction.PushToExternal },
        { Changed, Changed, SyncAction.ConflictExternalWins, SyncAction.ConflictExternalWins, SyncAction.ConflictRowanWins },
        { Changed, Deleted, SyncAction.ConflictDeleteInRowan, SyncAction.ConflictDeleteInRowan, SyncAction.CreateOutside },
        { Changed, Absent, SyncAction.CreateOutside, SyncAction.Nothing, SyncAction.CreateOutside },
        { Deleted, Unchanged, SyncAction.DeleteOutside, SyncAction.Hide, SyncAction.DeleteOutside },
        { Deleted, Changed, SyncAction.ConflictRestoreInRowan, SyncAction.Hide, SyncAction.ConflictRowanWins },
        { Deleted, Deleted, SyncAction.ForgetMapping, SyncAction.ForgetMapping, SyncAction.ForgetMapping },
        { Deleted, Absent, SyncAction.ForgetMapping, SyncAction.ForgetMapping, SyncAction.ForgetMapping },
        { Absent, Unchanged, SyncAction.Import, SyncAction.Import, SyncAction.Nothing },
        { Absent, Changed, SyncAction.Import, SyncAction.Import, SyncAction.Nothing },
        { Absent, Deleted, SyncAction.Nothing, SyncAction.Nothing, SyncAction.Nothing },
        { Absent, Absent, SyncAction.Nothing, SyncAction.Nothing, SyncAction.Nothing },
    };

    [Theory]
    [MemberData(nameof(Cells))]
    public void Every_cell_has_its_action(SideState rowan, SideState external, SyncAction both, SyncAction inbound, SyncAction outbound)
    {
        Assert.Equal(both, SyncPlanner.Decide(new Pair(rowan, external, SyncDirection.Bidirectional)));
        Assert.Equal(inbound, SyncPlanner.Decide(new Pair(rowan, external, SyncDirection.InboundOnly)));
        Assert.Equal(outbound, SyncPlanner.Decide(new Pair(rowan, external, SyncDirection.OutboundOnly)));
    }

    [Fact]
    public void No_cell_is_missing_from_the_table() =>
        Assert.Equal(Math.Pow(Enum.GetValues<SideState>().Length, 2), Cells.Select(c => (c.Data.Item1, c.Data.Item2)).Distinct().Count());

    [Theory]
    [InlineData(SyncDirection.Bidirectional)]
    [InlineData(SyncDirection.InboundOnly)]
    [InlineData(SyncDirection.OutboundOnly)]
    public void The_same_change_on_both_sides_only_moves_the_base(SyncDirection direction) =>
        Assert.Equal(SyncAction.MoveBase, SyncPlanner.Decide(new Pair(Changed, Changed, direction, SameContent: true, SameMoment: true)));

    [Fact]
    public void Two_edits_within_the_window_are_the_same_edit() =>
        Assert.Equal(SyncAction.SameEditExternalWins, SyncPlanner.Decide(new Pair(Changed, Changed, SyncDirection.Bidirectional, SameMoment: true)));

    [Theory]
    [InlineData(5, 5, true)]
    [InlineData(-5, 5, true)]
    [InlineData(6, 5, false)]
    [InlineData(0, 0, false)]
    public void The_same_edit_window_is_symmetric_and_can_be_turned_off(int apart, int window, bool same)
    {
        var rowan = Instant.FromUtc(2030, 1, 1, 12, 0);
        Assert.Equal(same, ConflictPolicy.IsSameMoment(rowan, rowan + Duration.FromSeconds(apart), Duration.FromSeconds(window)));
        Assert.False(ConflictPolicy.IsSameMoment(null, rowan, Duration.FromSeconds(window)));
        Assert.False(ConflictPolicy.IsSameMoment(rowan, null, Duration.FromSeconds(window)));
    }
}
