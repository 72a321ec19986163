using CalendarSync.Core.Providers.CalDav;

namespace CalendarSync.UnitTests.CalDav;

public sealed class CalDavCursorTests
{
    private static readonly Uri Home = new("https://p42-caldav.icloud.com/1/");

    [Fact]
    public void A_cursor_is_read_as_it_was_written()
    {
        var cursor = new CalDavCursor(Home, "FT=-@RU=\"x\"&+/==", null);

        Assert.Equal(cursor, CalDavCursor.Parse(cursor.ToString()));
    }

    // Cursors are stored: this form has to be read for as long as one of it may be around.
    [Fact]
    public void A_cursor_of_the_first_version_is_understood() =>
        Assert.Equal(new CalDavCursor(Home, "t", "c"), CalDavCursor.Parse("""{"v":1,"u":"https://p42-caldav.icloud.com/1/","t":"t","c":"c"}"""));

    [Theory]
    [InlineData("")]
    [InlineData("http://example.com/sync/7")]
    [InlineData("{}")]
    [InlineData("""{"v":2,"u":"https://p42-caldav.icloud.com/1/","t":"t"}""")]
    [InlineData("""{"v":1,"u":"relative","t":"t"}""")]
    [InlineData("null")]
    public void Anything_else_is_none(string text) => Assert.Null(CalDavCursor.Parse(text));
}
