using CalendarSync.Web.Api;
using CalendarSync.Web.Components.Parts;

namespace CalendarSync.UnitTests.Web;

public sealed class AgendaDayTests
{
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    private static readonly DateTimeOffset Now = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_event_stands_on_its_day_in_the_zone_of_the_person_who_looks()
    {
        // 02:30 UTC on the 6th is the evening of the 5th in New York.
        var day = Assert.Single(Group(Timed("2026-03-06T02:30:00Z", "2026-03-06T04:00:00Z")));

        Assert.Equal(new DateOnly(2026, 3, 5), day.Date);
        Assert.Equal("9:30 pm – 11 pm", Assert.Single(day.Items).When);
    }

    [Fact]
    public void An_all_day_event_keeps_its_date_in_every_zone()
    {
        var day = Assert.Single(Group(Days(new(2026, 3, 7), new(2026, 3, 8))));

        Assert.Equal(new DateOnly(2026, 3, 7), day.Date);
        Assert.Equal("all day", Assert.Single(day.Items).When);
    }

    [Fact]
    public void An_event_over_several_days_says_its_last_day()
    {
        Assert.Equal("until Wed 11", Assert.Single(Assert.Single(Group(Days(new(2026, 3, 9), new(2026, 3, 12)))).Items).When);
        Assert.Equal("5 pm – Sun 4 pm", Assert.Single(Assert.Single(Group(Timed("2026-03-06T22:00:00Z", "2026-03-08T20:00:00Z"))).Items).When);
    }

    [Fact]
    public void What_began_before_today_and_goes_on_stands_under_today()
    {
        var day = Assert.Single(Group(Days(new(2026, 3, 2), new(2026, 3, 6))));

        Assert.True(day.IsToday);
        Assert.Equal("Today", day.Name);
    }

    [Fact]
    public void Days_are_in_order_and_whole_days_come_first()
    {
        var days = Group(
            Timed("2026-03-07T15:00:00Z", "2026-03-07T16:00:00Z"),
            Timed("2026-03-06T15:00:00Z", "2026-03-06T16:00:00Z"),
            Days(new(2026, 3, 7), new(2026, 3, 8)));

        Assert.Equal([6, 7], days.Select(day => day.Date.Day));
        Assert.Equal(["all day", "10 am – 11 am"], days[1].Items.Select(item => item.When));
    }

    private static AgendaDay[] Group(params CalendarEvent[] events) => [.. AgendaDay.Group(events, NewYork, Now)];

    private static CalendarEvent Timed(string start, string end) => new()
    {
        Id = Guid.NewGuid(),
        Title = "Event",
        StartTime = DateTimeOffset.Parse(start, null),
        EndTime = DateTimeOffset.Parse(end, null),
    };

    private static CalendarEvent Days(DateOnly first, DateOnly end) => new()
    {
        Id = Guid.NewGuid(),
        Title = "Days",
        AllDay = true,
        StartDate = first,
        EndDate = end,
        StartTime = new DateTimeOffset(first.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero),
    };
}
