using CsCheck;
using NodaTime;

namespace CalendarSync.UnitTests.Model.Series;

/// <summary>Random rules of the kinds that calendars write, and some that only the RFC does.</summary>
internal static class RuleGens
{
    private static readonly string[] Days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

    private static readonly Gen<string> PlainDays = Gen.Shuffle(Days, 1, 3).Select(days => "BYDAY=" + string.Join(',', days));

    private static readonly Gen<string> NthDays =
        Gen.Select(Gen.OneOf(1, 2, 3, 4, -1, -2), Gen.OneOf(Days)).Select((n, day) => $"BYDAY={n}{day}");

    private static readonly Gen<string> MonthDays = Gen.OneOf(1, 13, 28, 29, 30, 31, -1, -3).Select(n => $"BYMONTHDAY={n}");

    private static readonly Gen<string> Months = Gen.OneOf("BYMONTH=2", "BYMONTH=1,6", "BYMONTH=12");

    private static readonly Gen<string> Positions = Gen.OneOf("BYSETPOS=1", "BYSETPOS=-1", "BYSETPOS=2");

    private static Gen<string> Parts(params Gen<string>[] parts) =>
        parts.Aggregate(Gen.Const(""), (all, part) => Gen.Select(all, part).Select((a, p) => $"{a};{p}"));

    private static readonly Gen<string> Body = Gen.OneOf(
        Gen.Const("FREQ=DAILY"),
        Parts(PlainDays).Select(p => "FREQ=DAILY" + p),
        Parts(Months).Select(p => "FREQ=DAILY" + p),
        Gen.Const("FREQ=WEEKLY"),
        Parts(PlainDays).Select(p => "FREQ=WEEKLY" + p),
        Parts(PlainDays, Gen.OneOf("WKST=SU", "WKST=MO")).Select(p => "FREQ=WEEKLY" + p),
        Gen.Const("FREQ=MONTHLY"),
        Parts(MonthDays).Select(p => "FREQ=MONTHLY" + p),
        Parts(NthDays).Select(p => "FREQ=MONTHLY" + p),
        Parts(PlainDays, Positions).Select(p => "FREQ=MONTHLY" + p),
        Parts(PlainDays, MonthDays).Select(p => "FREQ=MONTHLY" + p),
        Gen.Const("FREQ=YEARLY"),
        Parts(Months, MonthDays).Select(p => "FREQ=YEARLY" + p),
        Parts(Months, NthDays).Select(p => "FREQ=YEARLY" + p),
        Parts(Months, PlainDays, Positions).Select(p => "FREQ=YEARLY" + p));

    private static readonly Gen<string> End = Gen.OneOf(
        Gen.Const(""),
        Gen.Int[1, 20].Select(n => $";COUNT={n}"),
        Gen.Select(Gen.Int[2026, 2030], Gen.Int[1, 12], Gen.Int[1, 28]).Select((year, month, day) => $";UNTIL={year}{month:00}{day:00}T120000"));

    public static readonly Gen<string> Rule =
        Gen.Select(Body, Gen.Int[1, 4], End).Select((body, interval, end) => body + (interval == 1 ? "" : $";INTERVAL={interval}") + end);

    public static readonly Gen<LocalDateTime> Start =
        Gen.Select(Gen.Int[2023, 2027], Gen.Int[0, 365], Gen.Int[0, 95]).Select((year, day, quarter) => new LocalDate(year, 1, 1).PlusDays(day).AtMidnight().PlusMinutes(quarter * 15));
}
