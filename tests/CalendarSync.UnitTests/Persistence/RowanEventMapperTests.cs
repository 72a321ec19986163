using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CsCheck;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.UnitTests.Persistence;

public sealed class RowanEventMapperTests
{
    private static readonly string[] Zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"];

    private static readonly DateTimeZone Berlin = TimeZones.Get("Europe/Berlin");

    [Fact]
    public void A_timed_row_is_wall_time_in_its_zone()
    {
        var read = RowanEventMapper.Read(Row("2030-07-01T08:00:00Z", "2030-07-01T09:30:00Z", "Europe/Berlin"), DateTimeZone.Utc);
        Assert.Equal((Zoned(2030, 7, 1, 10, 0), Zoned(2030, 7, 1, 11, 30)), (read.Content.Start, read.Content.End));
    }

    [Theory]
    [InlineData("2030-06-30T22:00:00Z", "2030-07-01T22:00:00Z", "Europe/Berlin", true, 1)]
    [InlineData("2030-06-30T22:00:00Z", "2030-07-03T22:00:00Z", "Europe/Berlin", true, 3)]
    [InlineData("2030-06-30T22:00:00Z", "2030-07-01T21:59:59Z", "Europe/Berlin", true, 1)] // Rowan's important dates
    [InlineData("2030-06-30T22:00:00Z", null, "Europe/Berlin", false, 1)] // Rowan's screens: no end
    [InlineData("2030-06-30T22:00:00Z", "2030-07-01T22:00:00Z", "UTC", false, 1)] // Rowan's form: midnight to midnight of the reader
    [InlineData("2030-06-30T22:00:00Z", "2030-06-30T22:00:00Z", "Europe/Berlin", true, 1)]
    public void Rows_that_Rowan_shows_as_all_day_are_days(string start, string? end, string zone, bool allDay, int days)
    {
        var read = RowanEventMapper.Read(Row(start, end, zone, allDay), Berlin);
        var first = new LocalDate(2030, 7, 1);
        Assert.Equal((new EventTime.AllDay(first), new EventTime.AllDay(first.PlusDays(days))), (read.Content.Start, read.Content.End));
    }

    [Fact]
    public void An_end_before_the_start_is_an_event_without_length()
    {
        var read = RowanEventMapper.Read(Row("2030-07-01T08:00:00Z", "2030-07-01T07:00:00Z", "UTC"), Berlin);
        Assert.Equal(read.Content.Start, read.Content.End);
    }

    [Fact]
    public void A_row_in_an_unknown_zone_is_read_as_UTC() =>
        Assert.Equal(
            new EventTime.Zoned(new LocalDateTime(2030, 7, 1, 8, 0), "UTC"),
            RowanEventMapper.Read(Row("2030-07-01T08:00:00Z", "2030-07-01T09:00:00Z", "Mars/Olympus"), Berlin).Content.Start);

    [Fact]
    public void Writing_keeps_what_the_calendar_does_not_hold()
    {
        var row = Row("2030-07-01T08:00:00Z", "2030-07-01T09:00:00Z", "UTC") with { CustomColor = "#112233", EventType = "family" };
        var written = RowanEventMapper.Write(row, new CalendarEvent(RowanEventMapper.Read(row, Berlin).Content with { Color = null }), Berlin, withColor: false);
        Assert.Equal(row, written);
        Assert.Null(RowanEventMapper.Write(row, new CalendarEvent(RowanEventMapper.Read(row, Berlin).Content with { Color = null }), Berlin, withColor: true).CustomColor);
    }

    [Fact]
    public void A_character_that_Postgres_cannot_hold_is_left_out() =>
        Assert.Equal("ab", RowanEventMapper.Write(Row("2030-07-01T08:00:00Z", null, "UTC"), Event("a\0b"), Berlin, withColor: false).Title);

    [Fact]
    public void Whatever_can_be_held_comes_back_as_it_was_written() =>
        Gen.Select(Gen.Int[0, 200_000], Gen.Int[0, 3000], Gen.Int[0, 4].Select(i => Zones[i]), Gen.Bool)
            .Sample((minutes, length, zoneId, days) =>
            {
                var local = new LocalDateTime(2029, 12, 1, 0, 0).PlusMinutes(minutes * 7L);
                var zone = TimeZones.Get(zoneId);
                if (zone.MapLocal(local).Count != 1 || zone.MapLocal(local.PlusMinutes(length)).Count != 1)
                {
                    // In the gaps and overlaps of DST two wall times are one instant, or one is two.
                    return;
                }

                (EventTime Start, EventTime End) times = days
                    ? (new EventTime.AllDay(local.Date), new EventTime.AllDay(local.Date.PlusDays(1 + (length % 5))))
                    : (new EventTime.Zoned(local, zoneId), new EventTime.Zoned(local.PlusMinutes(length), zoneId));
                var written = RowanEventMapper.Write(
                    Row("2030-01-01T00:00:00Z", null, "UTC"), new CalendarEvent(Event("x").Content with { Start = times.Start, End = times.End }), zone, withColor: false);
                var read = RowanEventMapper.Read(written, Berlin);

                // A timed event from midnight to midnight is a day on Rowan's screens, and there only.
                if (!days && read.Content.Start is EventTime.AllDay)
                {
                    return;
                }

                Assert.Equal(times, (read.Content.Start, read.Content.End));
            });

    private static CalendarEvent Event(string title) =>
        new(new EventContent(title, null, null, Zoned(2030, 7, 1, 10, 0), Zoned(2030, 7, 1, 11, 0)));

    private static EventTime.Zoned Zoned(int year, int month, int day, int hour, int minute) =>
        new(new LocalDateTime(year, month, day, hour, minute), "Europe/Berlin");

    private static RowanEventRow Row(string start, string? end, string zone, bool allDay = false) => new()
    {
        Id = Guid.Parse("01900000-0000-7000-8000-000000000001"),
        Title = "x",
        StartTime = InstantPattern.General.Parse(start).Value,
        EndTime = end is null ? null : InstantPattern.General.Parse(end).Value,
        Timezone = zone,
        AllDay = allDay,
    };
}
