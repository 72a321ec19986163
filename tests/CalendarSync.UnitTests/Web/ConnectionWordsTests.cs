using CalendarSync.Web.Api;
using CalendarSync.Web.Components.Parts;

namespace CalendarSync.UnitTests.Web;

public sealed class ConnectionWordsTests
{
    [Theory]
    [InlineData(0, 0, "Everything is up to date.")]
    [InlineData(1, 0, "1 event synced.")]
    [InlineData(1200, 0, "1200 events synced.")]
    [InlineData(0, 2, "Nothing new. Some events could not be synced.")]
    [InlineData(1, 2, "1 event synced. Some others could not be.")]
    public void A_finished_sync_says_what_moved_and_whether_something_is_left(int synced, int errorsOpen, string expected) =>
        Assert.Equal(expected, ConnectionWords.Of(new SyncOutcome("completed", synced, "Sync completed."), errorsOpen));

    [Fact]
    public void A_sync_that_goes_on_does_not_say_that_all_is_up_to_date() =>
        Assert.Equal("It goes on.", ConnectionWords.Of(new SyncOutcome("running", 0, "It goes on."), errorsOpen: 0));

    [Fact]
    public void A_password_that_works_no_more_is_answered_with_what_to_do()
    {
        var expired = Connected("token_expired", "The calendar server does not accept this user name and password.");

        Assert.Equal(
            "The stored password does not work any more. Enter the new one; nothing is lost meanwhile.",
            ConnectionWords.Trouble(expired, mayManage: true));
        Assert.StartsWith("The stored password does not work any more. Whoever connected", ConnectionWords.Trouble(expired, mayManage: false), StringComparison.Ordinal);
        Assert.DoesNotContain("password", ConnectionWords.Trouble(expired with { Provider = "google" }, mayManage: true), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_connection_in_trouble_shows_its_last_error()
    {
        Assert.Equal("The server is away.", ConnectionWords.Trouble(Connected("error", "The server is away."), mayManage: true));
        Assert.Null(ConnectionWords.Trouble(Connected("active", "The server was away."), mayManage: true));
    }

    private static Connection Connected(string status, string lastError) => new()
    {
        Id = Guid.NewGuid(),
        Provider = "apple",
        UserId = Guid.NewGuid(),
        SyncStatus = status,
        SyncDirection = "bidirectional",
        LastErrorMessage = lastError,
    };
}
