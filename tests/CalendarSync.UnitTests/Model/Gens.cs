using CalendarSync.Core.Model;
using CsCheck;
using NodaTime;

namespace CalendarSync.UnitTests.Model;

/// <summary>Random values of the model, biased towards what real calendars hold and real parsers trip over.</summary>
internal static class Gens
{
    public static readonly string[] Zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"];

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf("", "Dinner", "a\nb", "title:3:abc\n", "Übung", "🥕 market", "x;y,z\\"),
        Gen.String[Gen.Char['a', 'z'], 0, 12]);

    public static readonly Gen<LocalDateTime> Local =
        Gen.Select(Gen.Int[2000, 2040], Gen.Int[1, 12], Gen.Int[1, 28], Gen.Int[0, 24 * 60 * 60 - 1])
            .Select((year, month, day, second) => new LocalDate(year, month, day).AtMidnight().PlusSeconds(second));

    public static readonly Gen<EventTime> Time = Gen.OneOf(
        Local.Select(local => (EventTime)new EventTime.AllDay(local.Date)),
        Local.Select(local => (EventTime)new EventTime.Floating(local)),
        Gen.Select(Local, Gen.OneOf(Zones)).Select((local, zone) => (EventTime)new EventTime.Zoned(local, zone)));

    public static readonly Gen<EventContent> Content =
        Gen.Select(Text, Text, Text, Time, Time, Gen.OneOf<string?>(null, "#FF0000", "#00AA55"))
            .Select((title, description, location, start, end, color) => new EventContent(title, description, location, start, end, color));

    private static readonly Gen<Recurrence> Repetition =
        Gen.Select(Gen.OneOf("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=FR").Array[0, 2], Time.Array[0, 3], Time.Array[0, 3])
            .Select((rules, dates, exclusions) => new Recurrence([.. rules], [.. dates], [.. exclusions]));

    private static readonly Gen<EventOverride> Override = Gen.Select(Time, Content).Select((id, content) => new EventOverride(id, content));

    public static readonly Gen<CalendarEvent> Event = Gen.OneOf(
        Content.Select(content => new CalendarEvent(content)),
        Gen.Select(Content, Repetition, Override.Array[0, 3])
            .Select((content, repetition, overrides) => new CalendarEvent(content, repetition, [.. overrides.DistinctBy(o => o.RecurrenceId)])));
}
