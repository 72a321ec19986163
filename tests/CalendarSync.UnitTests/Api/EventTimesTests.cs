using CalendarSync.Api.Features.Events;
using CalendarSync.Core.Model;
using CsCheck;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.UnitTests.Api;

public sealed class EventTimesTests
{
    private static readonly DateTimeZone Berlin = TimeZones.Get("Europe/Berlin");

    [Fact]
    public void A_timed_event_keeps_its_instants()
    {
        var times = Resolve(new TimesInput { StartTime = At("2026-03-10T14:00:00Z"), EndTime = At("2026-03-10T14:00:00Z") });
        Assert.Equal(new EventTimes(At("2026-03-10T14:00:00Z"), At("2026-03-10T14:00:00Z"), AllDay: false), times);
    }

    [Fact]
    public void An_all_day_event_may_be_given_by_times_inside_its_days()
    {
        var times = Resolve(new TimesInput { AllDay = true, StartTime = At("2026-03-10T14:00:00Z"), EndTime = At("2026-03-11T22:59:59Z") });
        Assert.Equal(Days("2026-03-10", "2026-03-12"), EventTimes.Days(times.Start, times.End, Berlin.Id));
    }

    [Fact]
    public void An_end_at_midnight_is_exclusive()
    {
        var times = Resolve(new TimesInput { AllDay = true, StartTime = At("2026-03-09T23:00:00Z"), EndTime = At("2026-03-10T23:00:00Z") });
        Assert.Equal(Days("2026-03-10", "2026-03-11"), EventTimes.Days(times.Start, times.End, Berlin.Id));
    }

    [Theory]
    [InlineData("2026-03-09T23:00:00Z", null, "2026-03-10", "2026-03-11")]
    [InlineData("2026-03-09T23:00:00Z", "2026-03-10T22:59:59Z", "2026-03-10", "2026-03-11")]
    [InlineData("2026-03-09T23:00:00Z", "2026-03-09T23:00:00Z", "2026-03-10", "2026-03-11")]
    [InlineData("2026-03-09T23:00:00Z", "2026-03-01T00:00:00Z", "2026-03-10", "2026-03-11")]
    [InlineData("2026-03-10T08:00:00Z", "2026-03-12T08:00:00Z", "2026-03-10", "2026-03-13")]
    public void Rows_of_other_writers_have_the_days_that_they_touch(string start, string? end, string firstDay, string endDay) =>
        Assert.Equal(Days(firstDay, endDay), EventTimes.Days(At(start), end is null ? null : At(end), Berlin.Id));

    [Fact]
    public void A_zone_that_nobody_knows_is_read_as_UTC() =>
        Assert.Equal(Days("2026-03-10", "2026-03-11"), EventTimes.Days(At("2026-03-10T00:00:00Z"), At("2026-03-11T00:00:00Z"), "Mars/Olympus"));

    [Fact]
    public void A_day_that_begins_after_midnight_is_stored_by_its_first_moment()
    {
        // In São Paulo, DST began at midnight: 4 November 2018 started at 01:00.
        var zone = TimeZones.Get("America/Sao_Paulo");
        var (times, _) = EventTimes.Resolve(new TimesInput { AllDay = true, StartDate = Day("2018-11-04"), EndDate = Day("2018-11-05") }, zone);
        Assert.Equal(At("2018-11-04T03:00:00Z"), times!.Start);
        Assert.Equal(Days("2018-11-04", "2018-11-05"), EventTimes.Days(times.Start, times.End, zone.Id));
    }

    [Theory]
    [InlineData("1899-12-31T23:59:59Z", false)]
    [InlineData("1900-01-01T00:00:00Z", true)]
    [InlineData("2199-12-31T22:59:59Z", true)]
    [InlineData("2200-01-01T00:00:00Z", false)]
    public void Years_that_can_only_be_a_typing_error_are_refused(string start, bool accepted) =>
        Assert.Equal(accepted, EventTimes.Resolve(new TimesInput { StartTime = At(start) }, Berlin).Errors.Count == 0);

    [Fact]
    public void Any_days_in_any_zone_come_back_as_they_went_in()
    {
        var zones = DateTimeZoneProviders.Tzdb.Ids.ToArray();
        Gen.Select(Gen.Int[0, zones.Length - 1].Select(i => zones[i]), Gen.Int[0, 60_000], Gen.Int[1, 40]).Sample((zoneId, day, length) =>
        {
            var start = new LocalDate(1950, 1, 1).PlusDays(day);
            var input = new TimesInput { AllDay = true, StartDate = start, EndDate = start.PlusDays(length) };
            var (times, errors) = EventTimes.Resolve(input, TimeZones.Get(zoneId));

            // Where a zone skipped a whole day (Samoa, 30 December 2011) that day has no length.
            return times is null ? errors.Count > 0 : EventTimes.Days(times.Start, times.End, zoneId) == (start, start.PlusDays(length));
        });
    }

    private static EventTimes Resolve(TimesInput input)
    {
        var (times, errors) = EventTimes.Resolve(input, Berlin);
        Assert.Empty(errors);
        return times!;
    }

    private static Instant At(string text) => InstantPattern.ExtendedIso.Parse(text).Value;

    private static LocalDate Day(string text) => LocalDatePattern.Iso.Parse(text).Value;

    private static (LocalDate, LocalDate) Days(string start, string end) => (Day(start), Day(end));
}
