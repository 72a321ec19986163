using CalendarSync.Core.Sync.Planning;

namespace CalendarSync.UnitTests.Sync;

public sealed class DeletionGuardTests
{
    [Theory]
    [InlineData(9, 9, false)] // small calendars are never asked about
    [InlineData(10, 10, true)]
    [InlineData(30, 100, false)] // exactly the share
    [InlineData(31, 100, true)]
    [InlineData(0, 0, false)]
    public void Many_deletions_at_once_are_held_by_count_and_share(int absent, int mapped, bool held) =>
        Assert.Equal(held, DeletionGuard.Holds(absent, mapped, minCount: 10, maxShare: 0.3));
}
