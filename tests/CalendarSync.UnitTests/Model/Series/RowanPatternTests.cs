using CalendarSync.Core.Model;
using CalendarSync.Core.Model.Series;
using CsCheck;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.UnitTests.Model.Series;

public sealed class RowanPatternTests
{
    private static readonly DateTimeZone Berlin = TimeZones.Get("Europe/Berlin");
    private static readonly LocalDateTime Monday = new(2025, 3, 10, 11, 0);

    [Theory]
    [InlineData("daily", "FREQ=DAILY")]
    [InlineData("weekly", "FREQ=WEEKLY")]
    [InlineData("weekly:", "FREQ=WEEKLY")]
    [InlineData("weekly:1,3", "FREQ=WEEKLY;BYDAY=MO,WE")]
    [InlineData("weekly:0", "FREQ=WEEKLY;BYDAY=SU")]
    [InlineData("biweekly", "FREQ=WEEKLY;INTERVAL=2")]
    [InlineData("monthly", "FREQ=MONTHLY")]
    [InlineData("monthly:1,15", "FREQ=MONTHLY;BYMONTHDAY=1,15")]
    [InlineData("quarterly", "FREQ=MONTHLY;INTERVAL=3")]
    [InlineData("yearly", "FREQ=YEARLY")]
    [InlineData(" \"Weekly:1\" ", "FREQ=WEEKLY;BYDAY=MO")]
    [InlineData("""{"pattern":"daily","interval":3,"end_count":5}""", "FREQ=DAILY;INTERVAL=3;COUNT=5")]
    [InlineData("""{"pattern":"weekly","days_of_week":[5,1]}""", "FREQ=WEEKLY;BYDAY=MO,FR")]
    [InlineData("""{"pattern":"weekly","interval":2,"days_of_week":[1,5],"end_date":"2025-06-30"}""", "FREQ=WEEKLY;INTERVAL=2;UNTIL=20250630T235959Z;BYDAY=MO,FR")]
    [InlineData("""{"pattern":"monthly","day_of_month":15}""", "FREQ=MONTHLY;BYMONTHDAY=15")]
    [InlineData("""{"pattern":"monthly","week_of_month":[2],"days_of_week":[2]}""", "FREQ=MONTHLY;BYDAY=2TU")]
    [InlineData("""{"pattern":"monthly","week_of_month":[1,3],"days_of_week":[1,4]}""", "FREQ=MONTHLY;BYDAY=1MO,3MO,1TH,3TH")]
    [InlineData("""{"pattern":"yearly"}""", "FREQ=YEARLY")]
    [InlineData("""{"pattern":"yearly","month":5}""", "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=10")]
    [InlineData("""{"pattern":"yearly","day_of_month":12}""", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=12")]
    [InlineData("""{"pattern":"weekly","interval":"2","days_of_week":null,"end_date":null}""", "FREQ=WEEKLY;INTERVAL=2")]
    [InlineData("""{"type":"weekly","interval":1,"daysOfWeek":["monday","friday"],"rangeType":"numbered","numberOfOccurrences":4}""", "FREQ=WEEKLY;COUNT=4;BYDAY=MO,FR;WKST=SU")]
    [InlineData("""{"type":"relativeMonthly","interval":1,"daysOfWeek":["monday"],"rangeType":"noEnd","endDate":"0001-01-01"}""", "FREQ=MONTHLY;BYDAY=2MO")]
    [InlineData("""{"type":"absoluteYearly","dayOfMonth":10,"month":3,"rangeType":"endDate","endDate":"2027-03-10"}""", "FREQ=YEARLY;UNTIL=20270310T235959Z;BYMONTH=3;BYMONTHDAY=10")]
    [InlineData("FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=-1FR")]
    [InlineData("RRULE:FREQ=DAILY;COUNT=2", "FREQ=DAILY;COUNT=2")]
    public void Every_dialect_is_understood(string pattern, string rule) =>
        Assert.Equal([rule], RowanPattern.Read(pattern, Start(Monday), Berlin)!.Rules);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("none")]
    [InlineData("every full moon")]
    [InlineData("weekly:7")]
    [InlineData("weekly:x")]
    [InlineData("monthly:0")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"pattern":"hourly"}""")]
    [InlineData("[]")]
    public void What_repeats_nothing_is_no_pattern(string? pattern) => Assert.Null(RowanPattern.Read(pattern, Start(Monday), Berlin));

    [Fact]
    public void Weeks_are_counted_from_the_start_as_Rowan_does()
    {
        // A Wednesday; every two weeks on Mondays and Wednesdays: the Monday belongs to the block that the Wednesday opens.
        var start = new LocalDateTime(2025, 3, 12, 11, 0);
        var pattern = RowanPattern.Read("""{"pattern":"weekly","interval":2,"days_of_week":[1,3],"end_count":4}""", Start(start), Berlin)!;
        Assert.Equal(["2025-03-12", "2025-03-17", "2025-03-26", "2025-03-31"], Dates(pattern.Rules[0], start));
    }

    [Fact]
    public void Exceptions_and_the_dates_of_iCalendar_are_read()
    {
        var json = RowanPattern.Read("""{"pattern":"daily","exceptions":["2025-03-12","2025-03-11T10:00:00.000Z","nonsense"]}""", Start(Monday), Berlin)!;
        Assert.Equal([new LocalDate(2025, 3, 11), new LocalDate(2025, 3, 12)], json.Exceptions);

        var lines = RowanPattern.Read("DTSTART:20250310T100000Z\nRDATE;TZID=Europe/Berlin:20250311T110000,20250312T110000\nEXDATE:20250313T100000Z\n", Start(Monday), Berlin)!;
        Assert.Empty(lines.Rules);
        Assert.Equal([Start(new(2025, 3, 11, 11, 0)), Start(new(2025, 3, 12, 11, 0))], lines.Dates);
        Assert.Equal([new EventTime.Zoned(new(2025, 3, 13, 10, 0), "UTC")], lines.Exclusions);
    }

    [Theory]
    [InlineData("FREQ=DAILY", """{"pattern":"daily"}""")]
    [InlineData("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", """{"pattern":"weekly","days_of_week":[1,2,3,4,5]}""")]
    [InlineData("FREQ=WEEKLY;WKST=SU", """{"pattern":"weekly","days_of_week":[1]}""")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10", """{"pattern":"weekly","days_of_week":[1,3],"interval":2,"end_count":10}""")]
    [InlineData("FREQ=MONTHLY", """{"pattern":"monthly","day_of_month":10}""")]
    [InlineData("FREQ=MONTHLY;BYDAY=2MO", """{"pattern":"monthly","week_of_month":[2],"days_of_week":[1]}""")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2", """{"pattern":"monthly","week_of_month":[2],"days_of_week":[1]}""")]
    [InlineData("FREQ=YEARLY", """{"pattern":"yearly","month":3,"day_of_month":10}""")]
    [InlineData("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=10", """{"pattern":"yearly","month":3,"day_of_month":10}""")]
    [InlineData("FREQ=DAILY;UNTIL=99991231T235959Z", """{"pattern":"daily"}""")]
    [InlineData("FREQ=WEEKLY;UNTIL=20250329T000000Z", """{"pattern":"weekly","days_of_week":[1],"end_date":"2025-03-24"}""")]
    public void A_rule_that_the_screens_can_show_is_written_for_them(string rule, string json) =>
        Assert.Equal(json, RowanPatternWriter.Write(Series(rule, Monday), Berlin));

    [Theory]
    [InlineData("FREQ=MONTHLY;BYDAY=-1MO")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=10,20")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=-22")]
    [InlineData("FREQ=MONTHLY;BYDAY=2MO,3TU")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1")]
    [InlineData("FREQ=YEARLY;BYDAY=11MO")]
    [InlineData("FREQ=YEARLY;BYMONTHDAY=10")]
    [InlineData("FREQ=HOURLY")]
    [InlineData("FREQ=DAILY;BYHOUR=11,15")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU")]
    [InlineData("FREQ=WEEKLY;UNTIL=20240101T000000Z")] // it ends before it begins
    [InlineData("FREQ=WEEKLY;BYDAY=TU")] // the start is beside the rule
    public void A_rule_that_the_screens_would_show_wrongly_is_not_approximated(string rule) =>
        Assert.Null(RowanPatternWriter.Write(Series(rule, Monday), Berlin));

    [Fact]
    public void Exceptions_are_the_dates_in_UTC_of_the_instants()
    {
        // 23:30 in New York is the next day in UTC.
        var start = new LocalDateTime(2025, 3, 10, 23, 30);
        var series = new CalendarEvent(
            Content(start, "America/New_York"),
            new Recurrence(["FREQ=DAILY;UNTIL=20250320T040000Z"], [], [new EventTime.Zoned(start.PlusDays(1), "America/New_York")]),
            [new EventOverride(new EventTime.Zoned(start.PlusDays(3), "America/New_York"), Content(start, "America/New_York"))]);
        Assert.Equal(
            """{"pattern":"daily","end_date":"2025-03-20","exceptions":["2025-03-12","2025-03-14"]}""",
            RowanPatternWriter.Write(series, Berlin));
    }

    [Fact]
    public void What_is_written_says_when_it_is_read_again_what_it_said() =>
        Gen.Select(RuleGens.Rule, RuleGens.Start, Gen.Bool, Gen.OneOf("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")).Sample(
            (text, near, days, zoneId) =>
            {
                var zone = TimeZones.Get(zoneId);
                var rule = days ? text.Replace("T120000", "", StringComparison.Ordinal) : text;
                var parsed = RecurrenceRule.Parse(rule)!;
                if (RuleExpander.Starts(parsed, near, days, near, near.PlusYears(3)).Select(time => (LocalDateTime?)time).FirstOrDefault() is not { } start)
                {
                    return;
                }

                EventTime from = days ? new EventTime.AllDay(start.Date) : new EventTime.Zoned(start, zoneId);
                var content = new EventContent("x", null, null, from, from);
                var series = new CalendarEvent(content, new Recurrence([rule], [], []), []);
                if (RowanPatternWriter.Write(series, zone) is not { } json)
                {
                    return;
                }

                var read = RowanPattern.Read(json, from, zone)!;
                Assert.Equal(Occurrences(series, zone), Occurrences(new CalendarEvent(content, new Recurrence(read.Rules, [], []), []), zone));
            },
            iter: 1000);

    private static List<EventTime> Occurrences(CalendarEvent series, DateTimeZone zone)
    {
        var start = SeriesExpander.Local(series.Content.Start);
        return [.. SeriesExpander.Starts(series, zone, start, start.PlusYears(4))];
    }

    private static IEnumerable<string> Dates(string rule, LocalDateTime start) =>
        RuleExpander.Starts(RecurrenceRule.Parse(rule)!, start, wholeDays: false, start, start.PlusYears(1)).Select(time => LocalDatePattern.Iso.Format(time.Date));

    private static EventTime.Zoned Start(LocalDateTime local) => new(local, "Europe/Berlin");

    private static EventContent Content(LocalDateTime start, string zone) =>
        new("x", null, null, new EventTime.Zoned(start, zone), new EventTime.Zoned(start.PlusHours(1), zone));

    private static CalendarEvent Series(string rule, LocalDateTime start) => new(Content(start, "Europe/Berlin"), new Recurrence([rule], [], []), []);
}
