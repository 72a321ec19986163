using CalendarSync.Core.Model.Series;
using CsCheck;
using NodaTime;
using NodaTime.Text;
using CalDateTime = Ical.Net.DataTypes.CalDateTime;
using IcalEvent = Ical.Net.CalendarComponents.CalendarEvent;

namespace CalendarSync.UnitTests.Model.Series;

public sealed class RuleExpanderTests
{
    private static readonly LocalDateTime Beginning = new(1, 1, 1, 0, 0);

    // From RFC 5545, 3.8.5.3, and from what bugs of other calendars were about.
    [Theory]
    [InlineData("FREQ=DAILY;COUNT=3", "1997-09-02T09:00", "1997-09-02,1997-09-03,1997-09-04")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05T09:00", "1997-08-05,1997-08-10,1997-08-19,1997-08-24")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05T09:00", "1997-08-05,1997-08-17,1997-08-19,1997-08-31")]
    [InlineData("FREQ=MONTHLY;COUNT=3;BYDAY=1FR", "1997-09-05T09:00", "1997-09-05,1997-10-03,1997-11-07")]
    [InlineData("FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "1997-09-22T09:00", "1997-09-22,1997-10-20,1997-11-17")]
    [InlineData("FREQ=MONTHLY;COUNT=3;BYMONTHDAY=-3", "1997-09-28T09:00", "1997-09-28,1997-10-29,1997-11-28")]
    [InlineData("FREQ=MONTHLY;COUNT=4;BYMONTHDAY=31", "2026-01-31T09:00", "2026-01-31,2026-03-31,2026-05-31,2026-07-31")]
    [InlineData("FREQ=MONTHLY;COUNT=2;BYDAY=FR;BYMONTHDAY=13", "1998-02-13T09:00", "1998-02-13,1998-03-13")]
    [InlineData("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04T09:00", "1997-09-04,1997-10-07,1997-11-06")]
    [InlineData("FREQ=MONTHLY;COUNT=3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29T09:00", "1997-09-29,1997-10-30,1997-11-27")]
    [InlineData("FREQ=YEARLY;COUNT=3", "2024-02-29T09:00", "2024-02-29,2028-02-29,2032-02-29")]
    [InlineData("FREQ=YEARLY;COUNT=2", "1896-02-29T09:00", "1896-02-29,1904-02-29")]
    [InlineData("FREQ=YEARLY;INTERVAL=3;COUNT=4;BYYEARDAY=1,100,200", "1997-01-01T09:00", "1997-01-01,1997-04-10,1997-07-19,2000-01-01")]
    [InlineData("FREQ=YEARLY;COUNT=3;BYDAY=20MO", "1997-05-19T09:00", "1997-05-19,1998-05-18,1999-05-17")]
    [InlineData("FREQ=YEARLY;COUNT=3;BYWEEKNO=20;BYDAY=MO", "1997-05-12T09:00", "1997-05-12,1998-05-11,1999-05-17")]
    [InlineData("FREQ=YEARLY;COUNT=2;BYWEEKNO=-1;BYDAY=SU", "2026-12-27T09:00", "2027-01-03,2028-01-02")]
    [InlineData("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=2", "1996-11-05T09:00", "1996-11-05,2000-11-07")]
    [InlineData("FREQ=DAILY;BYMONTH=1;COUNT=2", "2026-12-31T09:00", "2027-01-01,2027-01-02")]
    [InlineData("FREQ=HOURLY;INTERVAL=12;BYDAY=MO;COUNT=3", "2026-06-01T09:00", "2026-06-01,2026-06-01,2026-06-08")]
    [InlineData("FREQ=MINUTELY;BYHOUR=9;BYMINUTE=0;COUNT=2", "2026-06-01T09:00", "2026-06-01,2026-06-02")]
    [InlineData("FREQ=SECONDLY;BYHOUR=9;BYMINUTE=0;BYSECOND=0;COUNT=2", "2026-06-01T09:00", "2026-06-01,2026-06-02")]
    public void A_rule_produces_the_dates_that_the_standard_says(string rule, string start, string dates)
    {
        var produced = RuleExpander.Starts(RecurrenceRule.Parse(rule)!, Time(start), wholeDays: false, Beginning, new LocalDateTime(2040, 1, 1, 0, 0));
        Assert.Equal(dates, string.Join(',', produced.Select(time => LocalDatePattern.Iso.Format(time.Date))));
    }

    [Theory]
    [InlineData("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4")]
    [InlineData("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30")]
    [InlineData("FREQ=DAILY;INTERVAL=100000;BYYEARDAY=366")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300")]
    [InlineData("FREQ=SECONDLY;COUNT=2147483647;BYSECOND=60")]
    public void A_rule_that_produces_nothing_comes_to_an_end(string rule) =>
        Assert.Empty(RuleExpander.Starts(RecurrenceRule.Parse(rule)!, Time("2026-01-01T09:00"), wholeDays: false, new LocalDateTime(2027, 1, 1, 0, 0), new LocalDateTime(9998, 1, 1, 0, 0)));

    [Fact]
    public void Days_know_no_hours() =>
        Assert.Empty(RuleExpander.Starts(RecurrenceRule.Parse("FREQ=HOURLY")!, Time("2026-01-01T00:00"), wholeDays: true, Beginning, new LocalDateTime(2027, 1, 1, 0, 0)));

    [Fact]
    public void A_simple_expander_produces_the_same() =>
        Gen.Select(RuleGens.Rule, RuleGens.Start).Sample(
            (rule, start) => Assert.Equal(SimpleExpander.Expand(rule, start, End(start)), Produced(rule, start, Beginning, End(start))), iter: 500);

    [Fact]
    public void Ical_Net_produces_the_same() =>
        Gen.Select(RuleGens.Rule, RuleGens.Start).Sample(
            (rule, start) =>
            {
                // Ical.Net has its own mind about a start that the rule does not produce, so the series begins with the first that it does.
                var first = Produced(rule, start, Beginning, End(start)).Select(time => (LocalDateTime?)time).FirstOrDefault();
                if (first is not { } begin)
                {
                    return;
                }

                var component = new IcalEvent { DtStart = new CalDateTime(begin.ToDateTimeUnspecified()), RecurrenceRule = new Ical.Net.DataTypes.RecurrenceRule(rule) };
                var theirs = component.GetOccurrences().Select(o => LocalDateTime.FromDateTime(o.Period.StartTime.Value)).TakeWhile(time => time < End(start)).ToList();
                Assert.Equal(theirs, Produced(rule, begin, Beginning, End(start)));
            },
            iter: 500);

    [Fact]
    public void A_window_shows_what_lies_in_it_of_the_whole() =>
        Gen.Select(RuleGens.Rule, RuleGens.Start, Gen.Int[0, 1200], Gen.Int[1, 400]).Sample(
            (rule, start, skip, length) =>
            {
                var (from, to) = (start.PlusDays(skip), start.PlusDays(skip + length));
                Assert.Equal(Produced(rule, start, Beginning, to).Where(time => time >= from), Produced(rule, start, from, to));
            },
            iter: 500);

    [Fact]
    public void A_rule_is_written_as_it_was_read() =>
        RuleGens.Rule.Sample(text =>
        {
            var rule = RecurrenceRule.Parse(text)!;
            Assert.Equal(rule.ToString(), RecurrenceRule.Parse(rule.ToString())!.ToString());
            Assert.Equal(text.Replace(";WKST=MO", "", StringComparison.Ordinal).Split(';').Order().Select(Sorted), rule.ToString().Split(';').Order().Select(Sorted));
        });

    [Theory]
    [InlineData("")]
    [InlineData("FREQ")]
    [InlineData("FREQ=FORTNIGHTLY")]
    [InlineData("FREQ=3")]
    [InlineData("FREQ=DAILY;FREQ=WEEKLY")]
    [InlineData("FREQ=DAILY;INTERVAL=0")]
    [InlineData("FREQ=DAILY;COUNT=-1")]
    [InlineData("FREQ=DAILY;UNTIL=tomorrow")]
    [InlineData("FREQ=WEEKLY;BYDAY=XX")]
    [InlineData("FREQ=MONTHLY;BYDAY=0MO")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=32")]
    [InlineData("FREQ=YEARLY;BYMONTH=13")]
    [InlineData("RSCALE=CHINESE;FREQ=YEARLY")]
    public void What_is_no_rule_is_none(string text) => Assert.Null(RecurrenceRule.Parse(text));

    private static string Sorted(string part) =>
        part.Split('=') is [var name, var values] ? name + "=" + string.Join(',', values.Split(',').Order(StringComparer.Ordinal)) : part;

    private static LocalDateTime End(LocalDateTime start) => start.PlusYears(3);

    private static List<LocalDateTime> Produced(string text, LocalDateTime start, LocalDateTime from, LocalDateTime to)
    {
        var rule = RecurrenceRule.Parse(text)!;
        return [.. RuleExpander.Starts(rule, start, wholeDays: false, from, to).TakeWhile(time => rule.Until is not { } until || time <= until.Local)];
    }

    private static LocalDateTime Time(string text) => LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm").Parse(text).Value;
}
