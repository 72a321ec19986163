using CalendarSync.Core.Model;
using CalendarSync.Core.Notifications;

namespace CalendarSync.UnitTests.Notifications;

public sealed class NoticeTests
{
    private const string Reason = "The calendar is read-only.";

    [Fact]
    public void One_event_is_named_with_its_reason()
    {
        var notice = Notice.OfFailedItems(CalendarProvider.Apple, 1, ["Dentist"], Reason);

        Assert.Equal("“Dentist” could not be synced", notice.Title);
        Assert.Equal("It is not in step with your Apple Calendar. The calendar is read-only.", notice.Content);
    }

    [Fact]
    public void One_event_without_a_title_is_an_event() =>
        Assert.Equal("An event could not be synced", Notice.OfFailedItems(CalendarProvider.Google, 1, [], Reason).Title);

    [Theory]
    [InlineData(2, "“Dentist” and “School run” are not in step")]
    [InlineData(5, "“Dentist”, “School run” and 3 more are not in step")]
    public void Many_events_are_counted_and_two_are_named(int count, string beginning)
    {
        var notice = Notice.OfFailedItems(CalendarProvider.Google, count, ["Dentist", "School run"], Reason);

        Assert.Equal($"{count} events could not be synced", notice.Title);
        Assert.StartsWith(beginning, notice.Content);
    }

    [Fact]
    public void Of_many_events_of_which_one_has_a_title_the_others_are_counted() =>
        Assert.StartsWith("“Dentist” and 2 more are", Notice.OfFailedItems(CalendarProvider.Cozi, 3, ["Dentist"], Reason).Content);

    [Fact]
    public void Many_events_without_titles_are_they() =>
        Assert.StartsWith("They are not in step with your Cozi calendar.", Notice.OfFailedItems(CalendarProvider.Cozi, 3, [], Reason).Content);

    [Fact]
    public void Lost_access_says_what_to_do_and_that_nothing_is_lost()
    {
        var notice = Notice.OfLostAccess(CalendarProvider.Apple, "The password is not accepted any more.");

        Assert.Equal(("Reconnect your Apple Calendar", "high"), (notice.Title, notice.Priority));
        Assert.StartsWith("The password is not accepted any more. Until you reconnect", notice.Content);
    }
}
