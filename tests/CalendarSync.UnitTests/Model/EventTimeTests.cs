using CalendarSync.Core.Model;
using CsCheck;
using NodaTime;

namespace CalendarSync.UnitTests.Model;

public sealed class EventTimeTests
{
    private static readonly DateTimeZone NewYork = TimeZones.Get("America/New_York");

    [Fact]
    public void A_zoned_time_is_the_same_instant_for_every_reader()
    {
        var time = new EventTime.Zoned(new LocalDateTime(2026, 7, 1, 9, 0), "Europe/Berlin");

        Assert.Equal(Instant.FromUtc(2026, 7, 1, 7, 0), time.ToInstant(NewYork));
        Assert.Equal(Instant.FromUtc(2026, 7, 1, 7, 0), time.ToInstant(DateTimeZone.Utc));
    }

    [Fact]
    public void A_floating_time_is_the_wall_time_of_its_reader()
    {
        var time = new EventTime.Floating(new LocalDateTime(2026, 1, 5, 9, 0));

        Assert.Equal(Instant.FromUtc(2026, 1, 5, 14, 0), time.ToInstant(NewYork));
        Assert.Equal(Instant.FromUtc(2026, 1, 5, 9, 0), time.ToInstant(DateTimeZone.Utc));
    }

    [Fact]
    public void A_day_begins_at_its_readers_midnight() =>
        Assert.Equal(Instant.FromUtc(2026, 1, 5, 5, 0), new EventTime.AllDay(new LocalDate(2026, 1, 5)).ToInstant(NewYork));

    [Fact]
    public void A_day_without_a_midnight_begins_when_its_first_hour_does()
    {
        // Santiago moved its clocks from 24:00 to 01:00 in the night to 2024-09-08.
        var day = new EventTime.AllDay(new LocalDate(2024, 9, 8));

        Assert.Equal(Instant.FromUtc(2024, 9, 8, 4, 0), day.ToInstant(TimeZones.Get("America/Santiago")));
    }

    [Fact]
    public void A_time_that_the_clocks_skip_moves_forward_by_the_gap()
    {
        // RFC 5545, 3.3.5: 02:30 of the night is read with the offset before the gap, so it is 03:30 summer time.
        var skipped = new EventTime.Zoned(new LocalDateTime(2026, 3, 29, 2, 30), "Europe/Berlin");

        Assert.Equal(Instant.FromUtc(2026, 3, 29, 1, 30), skipped.ToInstant(DateTimeZone.Utc));
    }

    [Fact]
    public void A_time_that_happens_twice_is_the_first_of_the_two()
    {
        var twice = new EventTime.Zoned(new LocalDateTime(2026, 10, 25, 2, 30), "Europe/Berlin");

        Assert.Equal(Instant.FromUtc(2026, 10, 25, 0, 30), twice.ToInstant(DateTimeZone.Utc));
    }

    [Fact]
    public void A_time_in_an_unknown_zone_is_refused_by_name()
    {
        var time = new EventTime.Zoned(new LocalDateTime(2026, 1, 1, 0, 0), "Mars/Olympus");

        Assert.Contains("Mars/Olympus", Assert.Throws<NodaTime.TimeZones.DateTimeZoneNotFoundException>(() => time.ToInstant(DateTimeZone.Utc)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wall_time_read_back_in_its_zone_is_the_same_unless_the_clocks_skip_it() =>
        Gen.Select(Gens.Local, Gen.OneOf(Gens.Zones)).Sample((local, id) =>
        {
            var zone = TimeZones.Get(id);
            var back = new EventTime.Zoned(local, id).ToInstant(DateTimeZone.Utc).InZone(zone).LocalDateTime;
            return back == local || (zone.MapLocal(local).Count == 0 && back > local);
        });

    [Fact]
    public void Of_two_wall_times_of_one_zone_the_later_is_never_the_earlier_instant_outside_of_a_change_of_the_clocks() =>
        Gen.Select(Gens.Local, Gen.Int[1, 86_400], Gen.OneOf(Gens.Zones)).Sample((local, seconds, id) =>
        {
            var first = new EventTime.Zoned(local, id).ToInstant(DateTimeZone.Utc);
            var second = new EventTime.Zoned(local.PlusSeconds(seconds), id).ToInstant(DateTimeZone.Utc);
            return first < second || TimeZones.Get(id).GetZoneInterval(first) != TimeZones.Get(id).GetZoneInterval(second);
        });
}
