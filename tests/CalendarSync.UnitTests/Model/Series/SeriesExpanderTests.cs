using System.Collections.Immutable;
using CalendarSync.Core.Model;
using CalendarSync.Core.Model.Series;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.UnitTests.Model.Series;

public sealed class SeriesExpanderTests
{
    private const string Berlin = "Europe/Berlin";

    [Fact]
    public void A_series_keeps_its_wall_time_when_the_clocks_change() // scenario 41
    {
        var series = Series("2026-03-27T09:00", Berlin, "FREQ=DAILY;COUNT=4");
        Assert.Equal("2026-03-27T08:00:00Z 2026-03-28T08:00:00Z 2026-03-29T07:00:00Z 2026-03-30T07:00:00Z", Starts(series));
    }

    [Fact]
    public void An_occurrence_in_the_hour_that_is_skipped_moves_forward_and_is_not_lost()
    {
        var series = Series("2026-03-28T02:30", Berlin, "FREQ=DAILY;COUNT=3");
        Assert.Equal("2026-03-28T01:30:00Z 2026-03-29T01:30:00Z 2026-03-30T00:30:00Z", Starts(series));
    }

    [Fact]
    public void A_night_ends_at_the_same_hour_also_when_the_clocks_change()
    {
        var night = Series("2026-03-27T22:00", Berlin, "FREQ=DAILY;COUNT=2", hours: 8);
        Assert.Equal(["2026-03-28T05:00:00Z", "2026-03-29T04:00:00Z"], Expand(night).Select(o => InstantPattern.General.Format(o.End)));
    }

    [Theory]
    [InlineData("UNTIL=20260612T070000Z", 5)] // scenario 34: 09:00 in Berlin is 07:00 in UTC, inclusive
    [InlineData("UNTIL=20260612T065959Z", 4)]
    [InlineData("UNTIL=20260612T090000", 5)]
    [InlineData("UNTIL=20260612T085959", 4)]
    [InlineData("UNTIL=20260612", 5)]
    [InlineData("UNTIL=20260611", 4)]
    public void UNTIL_is_inclusive_in_the_form_it_is_written_in(string until, int count) =>
        Assert.Equal(count, Expand(Series("2026-06-08T09:00", Berlin, "FREQ=DAILY;" + until)).Count);

    [Theory]
    [InlineData("UNTIL=20260610", 3)]
    [InlineData("UNTIL=20260610T220000Z", 3)]
    public void UNTIL_of_an_all_day_series_is_a_date(string until, int count) =>
        Assert.Equal(count, Expand(Days("2026-06-08", "FREQ=DAILY;" + until)).Count);

    [Fact]
    public void A_series_of_dates_only_is_a_series() // scenario 38
    {
        var series = Series("2026-06-08T09:00", Berlin) with { Recurrence = new Recurrence([], [Zoned("2026-06-10T09:00"), Zoned("2026-06-09T15:00"), Zoned("2026-06-10T09:00")], []) };
        Assert.Equal("2026-06-08T07:00:00Z 2026-06-09T13:00:00Z 2026-06-10T07:00:00Z", Starts(series));
    }

    public static TheoryData<EventTime> WaysToExclude => new()
    {
        Zoned("2026-06-09T09:00"),
        new EventTime.Zoned(Time("2026-06-09T07:00"), "UTC"),
        new EventTime.AllDay(new LocalDate(2026, 6, 9)),
    };

    [Theory]
    [MemberData(nameof(WaysToExclude))]
    public void An_excluded_occurrence_does_not_happen_whatever_zone_it_is_written_in(EventTime exclusion)
    {
        var series = Series("2026-06-08T09:00", Berlin, "FREQ=DAILY;COUNT=3");
        series = series with { Recurrence = series.Recurrence! with { Exclusions = [exclusion] } };
        Assert.Equal("2026-06-08T07:00:00Z 2026-06-10T07:00:00Z", Starts(series));
    }

    [Fact]
    public void Overrides_are_seen_where_they_are_moved_to()
    {
        var series = Series("2026-06-08T09:00", Berlin, "FREQ=DAILY;COUNT=20");
        series = series with
        {
            Overrides =
            [
                Moved("2026-06-09T09:00", "2026-06-25T09:00"), // out of the window
                Moved("2026-06-20T09:00", "2026-06-10T15:00"), // into it
            ],
        };
        var window = new Interval(Instant.FromUtc(2026, 6, 8, 0, 0), Instant.FromUtc(2026, 6, 11, 0, 0));
        var seen = SeriesExpander.Expand(series, window, TimeZones.Get(Berlin), 100);
        Assert.Equal(
            ["2026-06-08T07:00:00Z series", "2026-06-10T07:00:00Z series", "2026-06-10T13:00:00Z moved"],
            seen.Select(o => $"{InstantPattern.General.Format(o.Start)} {(o.IsOverride ? "moved" : "series")}"));
    }

    [Fact]
    public void The_start_counts_although_the_rule_does_not_produce_it()
    {
        // Friday, and then Mondays (RFC 5545, 3.8.5.3).
        Assert.Equal("2026-06-05T07:00:00Z 2026-06-08T07:00:00Z 2026-06-15T07:00:00Z", Starts(Series("2026-06-05T09:00", Berlin, "FREQ=WEEKLY;BYDAY=MO;COUNT=3")));
        Assert.Equal("2026-06-05T07:00:00Z", Starts(Series("2026-06-05T09:00", Berlin, "FREQ=WEEKLY;BYDAY=MO;COUNT=1")));
    }

    [Fact]
    public void A_window_into_a_series_without_end_shows_at_most_what_is_asked_for()
    {
        var series = Series("1990-01-01T09:00", Berlin, "FREQ=MINUTELY");
        var window = new Interval(Instant.FromUtc(2190, 1, 1, 0, 0), Instant.FromUtc(2191, 1, 1, 0, 0));
        var seen = SeriesExpander.Expand(series, window, TimeZones.Get(Berlin), 10);
        Assert.Equal(10, seen.Count);
        Assert.Equal(Instant.FromUtc(2189, 12, 31, 23, 1), seen[0].Start); // runs into the window
    }

    [Fact]
    public void An_occurrence_that_began_before_the_window_and_runs_into_it_is_seen()
    {
        var week = Series("2026-06-01T09:00", Berlin, "FREQ=MONTHLY", hours: 7 * 24);
        var window = new Interval(Instant.FromUtc(2026, 8, 7, 0, 0), Instant.FromUtc(2026, 8, 8, 0, 0));
        Assert.Equal(Instant.FromUtc(2026, 8, 1, 7, 0), Assert.Single(SeriesExpander.Expand(week, window, TimeZones.Get(Berlin), 10)).Start);
    }

    [Fact]
    public void Days_begin_in_the_zone_of_the_reader()
    {
        var seen = SeriesExpander.Expand(Days("2026-03-28", "FREQ=DAILY;COUNT=3"), Always, TimeZones.Get(Berlin), 10);
        Assert.Equal(["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"], seen.Select(o => InstantPattern.General.Format(o.Start)));
        Assert.Equal(seen[2].Start, seen[1].End);
    }

    [Fact]
    public void A_flight_takes_as_long_every_time()
    {
        var flight = Series("2026-03-01T10:00", Berlin, "FREQ=MONTHLY;COUNT=2");
        flight = flight with { Content = flight.Content with { End = new EventTime.Zoned(Time("2026-03-01T13:00"), "America/New_York") } };
        Assert.All(Expand(flight), o => Assert.Equal(Duration.FromHours(9), o.End - o.Start));
    }

    private static Interval Always { get; } = new(Instant.FromUtc(2000, 1, 1, 0, 0), Instant.FromUtc(2100, 1, 1, 0, 0));

    private static IReadOnlyList<Occurrence> Expand(CalendarEvent series) => SeriesExpander.Expand(series, Always, TimeZones.Get(Berlin), 1000);

    private static string Starts(CalendarEvent series) => string.Join(' ', Expand(series).Select(o => InstantPattern.General.Format(o.Start)));

    private static CalendarEvent Series(string start, string zone, string? rule = null, int hours = 1)
    {
        var local = Time(start);
        var content = new EventContent("x", null, null, new EventTime.Zoned(local, zone), new EventTime.Zoned(local.PlusHours(hours), zone));
        ImmutableArray<string> rules = rule is null ? [] : [rule];
        return new CalendarEvent(content, new Recurrence(rules, [], []), []);
    }

    private static CalendarEvent Days(string start, string rule)
    {
        var date = LocalDatePattern.Iso.Parse(start).Value;
        return new CalendarEvent(new EventContent("x", null, null, new EventTime.AllDay(date), new EventTime.AllDay(date.PlusDays(1))), new Recurrence([rule], [], []), []);
    }

    private static EventOverride Moved(string id, string to) =>
        new(Zoned(id), new EventContent("moved", null, null, Zoned(to), new EventTime.Zoned(Time(to).PlusHours(1), Berlin)));

    private static EventTime.Zoned Zoned(string local) => new(Time(local), Berlin);

    private static LocalDateTime Time(string text) => LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm").Parse(text).Value;
}
