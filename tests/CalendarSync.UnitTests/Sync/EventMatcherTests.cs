using CalendarSync.Core.Model;
using CalendarSync.Core.Sync.Planning;
using NodaTime;

namespace CalendarSync.UnitTests.Sync;

public sealed class EventMatcherTests
{
    private static readonly RowanEventId Id = new(Guid.Parse("01900000-0000-7000-8000-000000000001"));

    [Fact]
    public void An_event_that_we_wrote_is_found_by_its_identity_whatever_it_says_now()
    {
        var matcher = new EventMatcher([new(Id, 2, null, Event("Dentist"))]);
        Assert.Null(matcher.Take(new EventIdentity(Id, 3).Uid, Event("Moved")));
        Assert.Equal(Id, matcher.Take(new EventIdentity(Id, 2).Uid, Event("Moved"))?.Id);
    }

    [Fact]
    public void A_copy_of_an_earlier_life_is_the_event_too() =>
        Assert.Equal(Id, new EventMatcher([new(Id, 2, null, Event("Dentist"))]).Take(new EventIdentity(Id, 1).Uid, Event("Moved"))?.Id);

    [Fact]
    public void An_event_that_came_from_outside_is_found_by_its_uid() =>
        Assert.Equal(Id, new EventMatcher([new(Id, 0, "uid-1", Event("Dentist"))]).Take("uid-1", Event("Renamed"))?.Id);

    [Fact]
    public void An_event_that_says_the_same_is_found_however_its_title_is_typed() =>
        Assert.Equal(Id, new EventMatcher([new(Id, 0, null, Event("Dentist "))]).Take("uid-1", Event("DENTIST"))?.Id);

    [Fact]
    public void An_event_with_another_uid_of_its_own_is_never_found_by_its_look() =>
        Assert.Null(new EventMatcher([new(Id, 0, "uid-2", Event("Dentist"))]).Take("uid-1", Event("Dentist")));

    [Fact]
    public void Another_time_is_another_event() =>
        Assert.Null(new EventMatcher([new(Id, 0, null, Event("Dentist"))]).Take("uid-1", Event("Dentist", hour: 11)));

    [Fact]
    public void An_event_is_given_away_once()
    {
        var matcher = new EventMatcher([new(Id, 0, null, Event("Dentist"))]);
        Assert.NotNull(matcher.Take("uid-1", Event("Dentist")));
        Assert.Null(matcher.Take("uid-2", Event("Dentist")));
    }

    private static CalendarEvent Event(string title, int hour = 10)
    {
        var start = new LocalDateTime(2030, 5, 1, hour, 0);
        return new CalendarEvent(new EventContent(
            title, null, null, new EventTime.Zoned(start, "Europe/Berlin"), new EventTime.Zoned(start.PlusHours(1), "Europe/Berlin")));
    }
}
