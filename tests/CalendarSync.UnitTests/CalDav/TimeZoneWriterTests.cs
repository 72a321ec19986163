using CalendarSync.Core.Model;
using CalendarSync.Core.Providers.CalDav.ICalendar;
using Ical.Net.DataTypes;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.UnitTests.CalDav;

public sealed class TimeZoneWriterTests
{
    private static readonly LocalDateTimePattern Stamp = LocalDateTimePattern.CreateWithInvariantCulture("uuuuMMdd'T'HHmmss");

    [Fact]
    public void Berlin_is_two_rules_and_what_held_before_them() => Assert.Equal(
        """
        BEGIN:VTIMEZONE
        TZID:Europe/Berlin
        BEGIN:STANDARD
        DTSTART:20251026T030000
        TZOFFSETFROM:+0100
        TZOFFSETTO:+0100
        TZNAME:CET
        END:STANDARD
        BEGIN:DAYLIGHT
        DTSTART:20260329T020000
        TZOFFSETFROM:+0100
        TZOFFSETTO:+0200
        TZNAME:CEST
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
        END:DAYLIGHT
        BEGIN:STANDARD
        DTSTART:20261025T030000
        TZOFFSETFROM:+0200
        TZOFFSETTO:+0100
        TZNAME:CET
        RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
        END:STANDARD
        END:VTIMEZONE

        """.ReplaceLineEndings("\r\n").Replace("DTSTART:20251026T030000", "DTSTART:20251026T020000", StringComparison.Ordinal),
        Write("Europe/Berlin", 2026));

    [Theory]
    [InlineData("Europe/Berlin", 2026)]
    [InlineData("Europe/Berlin", 1978)]
    [InlineData("America/New_York", 2005)]
    [InlineData("America/New_York", 2026)]
    [InlineData("Australia/Lord_Howe", 2026)]
    [InlineData("Australia/Sydney", 2007)]
    [InlineData("Asia/Kolkata", 2026)]
    [InlineData("Asia/Kathmandu", 1980)]
    [InlineData("Asia/Jerusalem", 2026)]
    [InlineData("Africa/Casablanca", 2026)]
    [InlineData("Africa/Cairo", 2020)]
    [InlineData("Pacific/Apia", 2005)]
    [InlineData("America/Sao_Paulo", 2015)]
    [InlineData("Europe/Moscow", 2009)]
    [InlineData("Europe/Dublin", 2026)]
    [InlineData("Asia/Tehran", 2020)]
    public void The_definition_gives_the_offsets_of_the_zone_for_25_years(string zoneId, int year)
    {
        var zone = TimeZones.Get(zoneId);
        var onsets = Onsets(Write(zoneId, year), year + 26);

        for (var at = Instant.FromUtc(year, 1, 1, 12, 0); at < Instant.FromUtc(year + 25, 1, 1, 0, 0); at += NodaTime.Duration.FromHours(59))
        {
            // The observance that holds is the one with the latest onset (RFC 5545, 3.6.5), onsets being local times before their change.
            var observance = onsets.Where(o => o.Local.WithOffset(o.From).ToInstant() <= at).MaxBy(o => o.Local.WithOffset(o.From).ToInstant());
            Assert.True(zone.GetUtcOffset(at) == observance.To, $"{zoneId} at {at}: {observance}");
        }
    }

    private static string Write(string zoneId, int year)
    {
        var text = new System.Text.StringBuilder();
        TimeZoneWriter.Write(TimeZones.Get(zoneId), year).WriteTo(text);
        return text.ToString();
    }

    // Evaluated by Ical.Net, as any reader would, not by our own understanding of the rules.
    private static List<(LocalDateTime Local, Offset From, Offset To)> Onsets(string text, int untilYear)
    {
        var onsets = new List<(LocalDateTime, Offset, Offset)>();
        foreach (var observance in ICalendarDocument.Parse("BEGIN:VCALENDAR\r\n" + text + "END:VCALENDAR\r\n").Calendar.Components.Single().Components)
        {
            var start = observance.Find("DTSTART")!.Value;
            var (from, to) = (ParseOffset(observance.Find("TZOFFSETFROM")!.Value), ParseOffset(observance.Find("TZOFFSETTO")!.Value));
            onsets.Add((Stamp.Parse(start).Value, from, to));
            onsets.AddRange(observance.Lines.Where(l => l.Name == "RDATE").Select(l => (Stamp.Parse(l.Value).Value, from, to)));
            if (observance.Find("RRULE") is { } rule)
            {
                // UNTIL is in UTC, the onsets are local; the offset before the change connects them.
                var parts = rule.Value.Split(';').Where(p => !p.StartsWith("UNTIL=", StringComparison.Ordinal));
                var until = rule.Value.Split("UNTIL=") is [_, var stamp] ? Stamp.Parse(stamp.TrimEnd('Z')).Value.InUtc().ToInstant() : Instant.MaxValue;
                var recurring = new Ical.Net.CalendarComponents.CalendarEvent
                {
                    DtStart = new CalDateTime(Stamp.Parse(start).Value.ToDateTimeUnspecified(), null),
                    RecurrenceRule = new Ical.Net.DataTypes.RecurrenceRule(string.Join(';', parts)),
                };
                onsets.AddRange(recurring.GetOccurrences()
                    .Select(o => LocalDateTime.FromDateTime(o.Period.StartTime.Value))
                    .TakeWhile(local => local.Year <= untilYear && local.WithOffset(from).ToInstant() <= until)
                    .Select(local => (local, from, to)));
            }
        }

        return onsets;
    }

    private static Offset ParseOffset(string value)
    {
        var pattern = OffsetPattern.CreateWithInvariantCulture(value.Length > 5 ? "+HHmmss" : "+HHmm");
        return pattern.Parse(value).GetValueOrThrow();
    }
}
