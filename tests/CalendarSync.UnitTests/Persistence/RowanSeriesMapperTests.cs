using CalendarSync.Core.Model;
using CalendarSync.Core.Model.Series;
using CalendarSync.Core.Persistence;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.UnitTests.Persistence;

public sealed class RowanSeriesMapperTests
{
    private static readonly Guid Id = Guid.Parse("01900000-0000-7000-8000-000000000001");
    private static readonly Guid Changed = Guid.Parse("01900000-0000-7000-8000-000000000002");
    private static readonly DateTimeZone Berlin = TimeZones.Get("Europe/Berlin");

    [Fact]
    public void A_row_that_is_not_recurring_is_a_single_event_whatever_its_pattern() =>
        Assert.False(Read(Row("2026-06-08T07:00:00Z", "daily") with { IsRecurring = false }).IsSeries);

    [Fact]
    public void A_pattern_that_nobody_understands_repeats_nothing() =>
        Assert.False(Read(Row("2026-06-08T07:00:00Z", "every full moon")).IsSeries);

    [Fact]
    public void A_series_begins_with_its_first_occurrence()
    {
        // A Friday, and every Monday and Wednesday: Rowan's screens show nothing on the Friday.
        var series = Read(Row("2026-06-05T07:00:00Z", "weekly:1,3"));
        Assert.Equal((Zoned(2026, 6, 8, 9), Zoned(2026, 6, 8, 10)), (series.Content.Start, series.Content.End));
    }

    [Fact]
    public void The_day_of_the_month_is_the_rules_where_the_start_is_another() =>
        Assert.Equal(Zoned(2026, 6, 15, 9), Read(Row("2026-06-08T07:00:00Z", "monthly:15")).Content.Start);

    [Fact]
    public void An_exception_of_the_JSON_is_the_date_in_UTC_of_the_instant()
    {
        // 00:30 in Berlin on the 10th is the 9th in UTC.
        var series = Read(Row("2026-06-07T22:30:00Z", """{"pattern":"daily","exceptions":["2026-06-09"]}"""));
        Assert.Equal([Zoned(2026, 6, 10, 0, 30)], series.Recurrence!.Exclusions);
    }

    [Fact]
    public void A_date_that_is_no_UTC_date_of_an_occurrence_is_a_day_of_the_series()
    {
        var series = Read(Row("2026-06-07T22:30:00Z", "weekly:1"), Exception(new LocalDate(2026, 6, 15)));
        Assert.Equal([Zoned(2026, 6, 15, 0, 30)], series.Recurrence!.Exclusions);
    }

    [Fact]
    public void A_changed_occurrence_is_an_override_and_not_an_exclusion_too()
    {
        var instance = Row("2026-06-10T13:00:00Z", null) with { Id = Changed, IsRecurring = false, Title = "moved" };
        var series = Read(Row("2026-06-08T07:00:00Z", """{"pattern":"daily","exceptions":["2026-06-09","2026-06-12"]}"""), Exception(new LocalDate(2026, 6, 9), Changed), instance);

        var moved = Assert.Single(series.Overrides);
        Assert.Equal((Zoned(2026, 6, 9, 9), "moved", Zoned(2026, 6, 10, 15)), (moved.RecurrenceId, moved.Content.Title, moved.Content.Start));
        Assert.Equal([Zoned(2026, 6, 12, 9)], series.Recurrence!.Exclusions);
    }

    [Fact]
    public void A_changed_occurrence_in_the_trash_does_not_happen()
    {
        var instance = Row("2026-06-10T13:00:00Z", null) with { Id = Changed, DeletedAt = Instant.FromUtc(2026, 6, 1, 0, 0) };
        var series = Read(Row("2026-06-08T07:00:00Z", "daily"), Exception(new LocalDate(2026, 6, 9), Changed), instance);
        Assert.Empty(series.Overrides);
        Assert.Equal([Zoned(2026, 6, 9, 9)], series.Recurrence!.Exclusions);
    }

    [Fact]
    public void Days_of_an_all_day_series_are_those_of_its_zone()
    {
        // Midnight in Berlin is 22:00 of the day before in UTC, and that is the date by which the screens know it.
        var series = Read(Row("2026-06-07T22:00:00Z", """{"pattern":"daily","end_date":"2026-06-11","exceptions":["2026-06-08"]}""") with { AllDay = true, EndTime = Time("2026-06-08T22:00:00Z") });
        var window = new Interval(Instant.FromUtc(2026, 1, 1, 0, 0), Instant.FromUtc(2027, 1, 1, 0, 0));
        Assert.Equal(
            ["2026-06-08", "2026-06-10", "2026-06-11", "2026-06-12"],
            SeriesExpander.Expand(series, window, Berlin, 10).Select(o => LocalDatePattern.Iso.Format(((EventTime.AllDay)o.Content.Start).Date)));
    }

    private static CalendarEvent Read(RowanEventRow master, SeriesExceptionRow? exception = null, RowanEventRow? instance = null) => RowanSeriesMapper.Read(
        new SeriesRows(master, exception is null ? [] : [exception], instance is null ? new Dictionary<Guid, RowanEventRow>() : new() { [instance.Id] = instance }), Berlin);

    private static SeriesExceptionRow Exception(LocalDate date, Guid? instance = null) =>
        new() { SeriesId = Id, ExceptionDate = date, ModifiedEventId = instance };

    private static EventTime.Zoned Zoned(int year, int month, int day, int hour, int minute = 0) =>
        new(new LocalDateTime(year, month, day, hour, minute), "Europe/Berlin");

    private static RowanEventRow Row(string start, string? pattern) => new()
    {
        Id = Id,
        Title = "x",
        StartTime = Time(start),
        EndTime = Time(start) + Duration.FromHours(1),
        Timezone = "Europe/Berlin",
        IsRecurring = true,
        RecurrencePattern = pattern,
    };

    private static Instant Time(string text) => InstantPattern.General.Parse(text).Value;
}
