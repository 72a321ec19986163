using CalendarSync.Core.Model;
using CalendarSync.Core.Notifications;

namespace CalendarSync.UnitTests.Notifications;

public sealed class ConflictWordsTests
{
    [Theory]
    [InlineData("both_changed", "external", "was modified in both Rowan and Apple Calendar. Apple Calendar version was kept.")]
    [InlineData("both_changed", "rowan", "was modified in both Rowan and Apple Calendar. Rowan version was kept.")]
    [InlineData("deleted_outside", "external", "was modified in Rowan and deleted in Apple Calendar. The deletion was kept.")]
    [InlineData("deleted_outside", "rowan", "was modified in Rowan and deleted in Apple Calendar. Rowan version was kept.")]
    [InlineData("deleted_in_rowan", "external", "was deleted in Rowan and modified in Apple Calendar. Apple Calendar version was kept.")]
    [InlineData("deleted_in_rowan", "rowan", "was deleted in Rowan and modified in Apple Calendar. The deletion was kept.")]
    [InlineData("found_different", "external", "was found in both Rowan and Apple Calendar, with differences. Apple Calendar version was kept.")]
    [InlineData("same_edit", "external", "was modified in both Rowan and Apple Calendar at the same moment. Apple Calendar version was kept.")]
    [InlineData("both_changed", "manual", "was modified in both Rowan and Apple Calendar. It was settled by hand.")]
    public void Every_kind_says_what_met_and_what_was_kept(string kind, string winner, string words) =>
        Assert.Equal($"Event 'Team Meeting' {words}", ConflictWords.Describe(kind, "Team Meeting", "Apple Calendar", winner, isDecided: false));

    [Theory]
    [InlineData("both_changed", "Rowan version was kept.")]
    [InlineData("deleted_in_rowan", "the deletion was kept.")]
    public void A_decision_is_said_to_be_one(string kind, string words) => Assert.EndsWith(
        $". A member of the space decided: {words}", ConflictWords.Describe(kind, "Team Meeting", "Apple Calendar", "rowan", isDecided: true), StringComparison.Ordinal);

    [Fact]
    public void An_event_without_a_title_and_a_calendar_that_nobody_knows_have_words_too() => Assert.Equal(
        "Event 'Untitled' was modified in both Rowan and the connected calendar. The connected calendar version was kept.",
        ConflictWords.Describe("both_changed", " ", ConflictWords.NameOf(null), "external", isDecided: false));

    [Fact]
    public void Many_conflicts_are_one_notice_that_names_two_and_says_that_nothing_is_lost()
    {
        var notice = Notice.OfConflicts(CalendarProvider.Apple, 3, ["Dentist", "School run"], "The newest one.");

        Assert.Equal("3 events were changed in two places", notice.Title);
        Assert.StartsWith("“Dentist”, “School run” and 1 more were changed in both Rowan and Apple Calendar.", notice.Content, StringComparison.Ordinal);
        Assert.EndsWith("the other versions can be brought back there.", notice.Content, StringComparison.Ordinal);
    }
}
