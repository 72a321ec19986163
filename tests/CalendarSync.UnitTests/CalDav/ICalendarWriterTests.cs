using System.Text;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers.CalDav.ICalendar;
using CalendarSync.UnitTests.Model;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using NodaTime;

namespace CalendarSync.UnitTests.CalDav;

public sealed class ICalendarWriterTests
{
    private static readonly ICalendarWriter Writer = new(new FakeTimeProvider(new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero)));
    private static readonly EventIdentity Identity = new(new RowanEventId(Guid.Parse("0d0f8a35-5a0e-4a63-8d3f-6f3f7d1b2a11")), 2);
    private static readonly SpaceId Space = new(Guid.Parse("7d4ff30f-31b7-4a26-9b8d-2a9f3c3f1d10"));
    private static readonly EventContent Lunch = new("Lunch", null, null, Ics.Zoned("2026-07-01T12:00:00", "UTC"), Ics.Zoned("2026-07-01T13:00:00", "UTC"));

    private static readonly string[] Foreign =
    [
        "BEGIN:VCALENDAR", "PRODID:-//Apple Inc.//iOS 18//EN", "X-WR-CALNAME:Family", "VERSION:2.0", "CALSCALE:GREGORIAN",
        "BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:19961027T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:19970330T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT", "END:VTIMEZONE",
        "BEGIN:VEVENT", "TRANSP:OPAQUE", "DTEND;X-KEEP=1;TZID=Europe/Berlin:20260320T103000", "UID:u",
        "ATTENDEE;CN=\"Ben; the 2nd, of: his name\";PARTSTAT=ACCEPTED:mailto:ben@exam", " ple.com", "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC",
        "SEQUENCE:4", "summary;LANGUAGE=en:Piano", "LAST-MODIFIED:20260101T000000Z", "DTSTAMP:20260101T000000Z", "DTSTART;TZID=Europe/Berlin:20260320T100000",
        "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=Hall:geo:52.5,13.4  ", "LOCATION:Hall", "DESCRIPTION;ALTREP=\"cid:1\":Bring notes", "X-ALT-DESC;FMTTYPE=text/html:<p>Bring notes</p>",
        "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Reminder", "TRIGGER:-PT15M", "X-WR-ALARMUID:1", "END:VALARM", "END:VEVENT", "END:VCALENDAR",
    ];

    [Fact]
    public void A_new_event_is_written_whole()
    {
        var text = Writer.Create(Identity, new CalendarEvent(Lunch with { Title = "Lunch, with Ben; at 12", Description = "one\ntwo", Location = "Café" }), Space);

        Assert.Equal(
            """
            BEGIN:VCALENDAR
            VERSION:2.0
            PRODID:-//CalendarSync//CalendarSync//EN
            CALSCALE:GREGORIAN
            BEGIN:VEVENT
            UID:rowan-0d0f8a355a0e4a638d3f6f3f7d1b2a11-2
            DTSTAMP:20260314T092653Z
            CREATED:20260314T092653Z
            LAST-MODIFIED:20260314T092653Z
            SEQUENCE:0
            X-CALENDARSYNC-SPACE:7d4ff30f-31b7-4a26-9b8d-2a9f3c3f1d10
            DTSTART:20260701T120000Z
            DTEND:20260701T130000Z
            SUMMARY:Lunch\, with Ben\; at 12
            DESCRIPTION:one\ntwo
            LOCATION:Café
            END:VEVENT
            END:VCALENDAR

            """.ReplaceLineEndings("\r\n"),
            text);
    }

    [Fact]
    public void A_new_event_brings_the_definition_of_its_zone_once()
    {
        var text = Writer.Create(Identity, new CalendarEvent(Lunch with { Start = Ics.Zoned("2026-07-01T12:00:00", "Europe/Berlin"), End = Ics.Zoned("2026-07-01T13:00:00", "Europe/Berlin") }), Space);

        Assert.Equal(2, text.Split("BEGIN:VTIMEZONE").Length);
        Assert.Contains("BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n", text, StringComparison.Ordinal);
        Assert.Contains("DTSTART;TZID=Europe/Berlin:20260701T120000\r\nDTEND;TZID=Europe/Berlin:20260701T130000\r\n", text, StringComparison.Ordinal);
        Assert.True(text.IndexOf("END:VTIMEZONE", StringComparison.Ordinal) < text.IndexOf("BEGIN:VEVENT", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_written_is_read_back_the_same() => Writable.Sample(wanted =>
    {
        var read = Ics.Read(Writer.Create(Identity, wanted, Space));

        Assert.Equal(ContentHash.Of(wanted), ContentHash.Of(read.Aggregate));
        Assert.Equal((Identity.Uid, Space), (read.Uid, read.WrittenFor));
    });

    [Fact]
    public void An_edit_makes_the_event_say_what_it_shall_and_a_second_time_nothing() => Gen.Select(Writable, Writable).Sample((before, after) =>
    {
        var stored = Writer.Create(Identity, before, Space);

        var edited = Writer.Apply(stored, after);

        Assert.Equal(ContentHash.Of(after), ContentHash.Of(Ics.Read(edited).Aggregate));
        Assert.Same(edited, Writer.Apply(edited, after));
    });

    [Fact]
    public void Lines_are_never_longer_than_75_octets_nor_torn_inside_a_character() => Writable.Sample(wanted =>
    {
        var text = Writer.Create(Identity, wanted with { Content = wanted.Content with { Title = string.Concat(Enumerable.Repeat(wanted.Content.Title + "ü🥕", 30)) } }, Space);

        Assert.All(text.Split("\r\n"), line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 0, 75));
        Assert.DoesNotContain('\n', text.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.DoesNotContain('\ufffd', text);
        Assert.Equal(string.Concat(Enumerable.Repeat(wanted.Content.Title + "ü🥕", 30)), Ics.Content(text).Title);
    });

    [Fact]
    public void An_event_that_is_made_again_keeps_everything_but_its_identity_and_mails_no_guest()
    {
        var stored = Text(Foreign);

        var made = Writer.Recreate(stored, Identity, new CalendarEvent(Ics.Content(stored)), Space);

        string[] expected =
        [
            .. Foreign.TakeWhile(line => line != "BEGIN:VALARM").Select(line => line switch
            {
                "UID:u" => "UID:" + Identity.Uid,
                ['A', 'T', 'T', 'E', 'N', 'D', 'E', 'E', .. var rest] => "ATTENDEE;SCHEDULE-AGENT=CLIENT\r\n " + rest,
                "SEQUENCE:4" => "SEQUENCE:5",
                "LAST-MODIFIED:20260101T000000Z" => "LAST-MODIFIED:20260314T092653Z",
                "DTSTAMP:20260101T000000Z" => "DTSTAMP:20260314T092653Z",
                _ => line,
            }),
            "X-CALENDARSYNC-SPACE:" + Space.Value.ToString("D"),
            .. Foreign.SkipWhile(line => line != "BEGIN:VALARM"),
        ];
        Assert.Equal(Text(expected), made);
        Assert.Equal((Identity.Uid, Space), (Ics.Read(made).Uid, Ics.Read(made).WrittenFor));
    }

    [Fact]
    public void An_event_that_is_made_again_says_what_it_shall_now() => Gen.Select(Writable, Writable).Sample((before, after) =>
    {
        var made = Ics.Read(Writer.Recreate(Writer.Create(new EventIdentity(Identity.EventId, 0), before, Space), Identity, after, Space));

        Assert.Equal((ContentHash.Of(after), Identity.Uid), (ContentHash.Of(made.Aggregate), made.Uid));
    });

    [Fact]
    public void An_edit_touches_only_the_lines_that_it_changes()
    {
        var stored = Text(Foreign);
        var there = Ics.Content(stored);

        var edited = Writer.Apply(stored, new CalendarEvent(there with { Title = "Piano, late" }));

        Assert.Equal(
            Text(Foreign.Select(line => line switch
            {
                "summary;LANGUAGE=en:Piano" => "SUMMARY;LANGUAGE=en:Piano\\, late",
                "SEQUENCE:4" => "SEQUENCE:5",
                "LAST-MODIFIED:20260101T000000Z" => "LAST-MODIFIED:20260314T092653Z",
                "DTSTAMP:20260101T000000Z" => "DTSTAMP:20260314T092653Z",
                _ => line,
            })),
            edited);
    }

    [Fact]
    public void An_edit_of_the_end_leaves_the_start_and_the_other_parameters()
    {
        var stored = Text(Foreign);
        var there = Ics.Content(stored);

        var edited = Writer.Apply(stored, new CalendarEvent(there with { End = Ics.Zoned("2026-03-20T11:00:00", "Europe/Berlin") }));

        Assert.Contains("\r\nDTEND;TZID=Europe/Berlin;X-KEEP=1:20260320T110000\r\n", edited, StringComparison.Ordinal);
        Assert.Contains("\r\nDTSTART;TZID=Europe/Berlin:20260320T100000\r\n", edited, StringComparison.Ordinal);
        Assert.Equal(2, edited.Split("BEGIN:VTIMEZONE").Length);
    }

    [Fact]
    public void Other_forms_of_a_text_go_with_the_text_that_they_repeat()
    {
        var stored = Text(Foreign);
        var there = Ics.Content(stored);

        var described = Writer.Apply(stored, new CalendarEvent(there with { Description = "Bring cake" }));
        var moved = Writer.Apply(stored, new CalendarEvent(there with { Location = null }));

        Assert.Contains("\r\nDESCRIPTION:Bring cake\r\n", described, StringComparison.Ordinal);
        Assert.DoesNotContain("X-ALT-DESC", described, StringComparison.Ordinal);
        Assert.Contains("X-APPLE-STRUCTURED-LOCATION", described, StringComparison.Ordinal);
        Assert.Contains("DESCRIPTION:Reminder", described, StringComparison.Ordinal);
        Assert.DoesNotContain("LOCATION", moved.Replace("X-LIC-LOCATION", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("X-ALT-DESC", moved, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_change_gives_back_the_very_text()
    {
        var stored = Text(Foreign);

        Assert.Same(stored, Writer.Apply(stored, new CalendarEvent(Ics.Content(stored))));
    }

    [Fact]
    public void A_text_from_XML_with_bare_line_feeds_is_sent_with_CRLF()
    {
        var stored = ICalendarDocument.Normalise(Text(Foreign).Replace("\r\n", "\n", StringComparison.Ordinal));

        Assert.Equal(Text(Foreign), stored);
    }

    [Fact]
    public void A_duration_becomes_an_end_when_the_time_moves_and_stays_when_it_does_not()
    {
        var stored = Ics.Event("DTSTART:20260701T100000Z", "DURATION:PT1H", "SUMMARY:a");
        var there = Ics.Content(stored);

        Assert.Contains("\r\nDURATION:PT1H\r\n", Writer.Apply(stored, new CalendarEvent(there with { Title = "b" })), StringComparison.Ordinal);
        var moved = Writer.Apply(stored, new CalendarEvent(there with { Start = Ics.Zoned("2026-07-01T10:30:00", "UTC") }));
        Assert.DoesNotContain("DURATION", moved, StringComparison.Ordinal);
        Assert.Contains("\r\nDTEND:20260701T110000Z\r\n", moved, StringComparison.Ordinal);
    }

    // iCloud answers 404 to a PUT of an event without an end (davx5-ose#1859).
    [Theory]
    [InlineData("DTSTART:20260701T100000Z", "\r\nDTEND:20260701T100000Z\r\n")]
    [InlineData("DTSTART;VALUE=DATE:20260701", "\r\nDTEND;VALUE=DATE:20260702\r\n")]
    public void An_end_that_is_missing_is_written_with_any_edit(string start, string end) =>
        Assert.Contains(end, Writer.Apply(Ics.Event(start), new CalendarEvent(Ics.Content(Ics.Event(start)) with { Title = "b" })), StringComparison.Ordinal);

    [Fact]
    public void A_zone_that_the_text_calls_by_its_windows_name_keeps_that_name()
    {
        var stored = Ics.Calendar(
            "BEGIN:VTIMEZONE", "TZID:W. Europe Standard Time", "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD", "END:VTIMEZONE",
            "BEGIN:VEVENT", "UID:u", "DTSTART;TZID=W. Europe Standard Time:20260320T100000", "DTEND;TZID=W. Europe Standard Time:20260320T110000", "END:VEVENT");
        var there = Ics.Content(stored);

        var edited = Writer.Apply(stored, new CalendarEvent(there with { Start = Ics.Zoned("2026-03-20T10:15:00", "Europe/Berlin"), End = Ics.Zoned("2026-03-20T11:15:00", "Europe/Berlin") }));

        Assert.Contains("\r\nDTSTART;TZID=W. Europe Standard Time:20260320T101500\r\nDTEND;TZID=W. Europe Standard Time:20260320T111500\r\n", edited, StringComparison.Ordinal);
        Assert.Equal(2, edited.Split("BEGIN:VTIMEZONE").Length);
    }

    [Fact]
    public void A_timed_event_can_become_a_day_and_a_day_a_timed_event()
    {
        var stored = Ics.Event("DTSTART:20260701T100000Z", "DTEND:20260701T110000Z", "X-MICROSOFT-CDO-ALLDAYEVENT:FALSE");

        var day = Writer.Apply(stored, new CalendarEvent(Ics.Content(stored) with { Start = Ics.Day(2026, 7, 1), End = Ics.Day(2026, 7, 2) }));
        var timed = Writer.Apply(day, new CalendarEvent(Ics.Content(day) with { Start = Ics.Floating("2026-07-01T08:00:00"), End = Ics.Floating("2026-07-01T09:00:00") }));

        Assert.Contains("\r\nDTSTART;VALUE=DATE:20260701\r\nDTEND;VALUE=DATE:20260702\r\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE\r\n", day, StringComparison.Ordinal);
        Assert.Contains("\r\nDTSTART:20260701T080000\r\nDTEND:20260701T090000\r\nX-MICROSOFT-CDO-ALLDAYEVENT:FALSE\r\n", timed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\r\nATTENDEE:mailto:evil@example.com")]
    [InlineData("a\nEND:VEVENT\nBEGIN:VEVENT")]
    [InlineData("a\rX-EVIL:1")]
    [InlineData("a\u0000\u0007\u000b\u000c\u001b\u007fb")]
    [InlineData("a\u0085b\u2028c\u2029d")]
    [InlineData("\ud800 lone surrogate")]
    public void No_title_can_add_a_line(string title)
    {
        var text = Writer.Create(Identity, new CalendarEvent(Lunch with { Title = title, Description = title, Location = title }), Space);
        var plain = Writer.Create(Identity, new CalendarEvent(Lunch with { Title = "a", Description = "a", Location = "a" }), Space);

        var names = ICalendarDocument.Parse(text).Events.Single().Lines.Select(l => l.Name);
        Assert.Equal(ICalendarDocument.Parse(plain).Events.Single().Lines.Select(l => l.Name), names);
        Assert.Equal(plain.Split("\r\n").Length, text.Split("\r\n").Length);
        Assert.DoesNotContain(text, c => c is < ' ' and not ('\r' or '\n') or '\u007f' || char.IsSurrogate(c));
    }

    [Fact]
    public void A_series_keeps_its_overrides_when_its_title_changes_and_takes_new_ones()
    {
        var piano = new CalendarEvent(
            Lunch with { Start = Ics.Zoned("2026-03-20T10:00:00", "Europe/Berlin"), End = Ics.Zoned("2026-03-20T11:00:00", "Europe/Berlin") },
            new Recurrence(["FREQ=WEEKLY"], [], [Ics.Zoned("2026-03-27T10:00:00", "Europe/Berlin")]),
            [new EventOverride(Ics.Zoned("2026-04-03T10:00:00", "Europe/Berlin"), Lunch with { Title = "Elsewhere" })]);
        var stored = Writer.Create(Identity, piano, Space).Replace("SUMMARY:Elsewhere", "X-KEEP:1\r\nSUMMARY:Elsewhere", StringComparison.Ordinal);
        var wanted = piano with
        {
            Content = piano.Content with { Title = "Piano" },
            Overrides = [.. piano.Overrides, new EventOverride(Ics.Zoned("2026-04-10T10:00:00", "Europe/Berlin"), Lunch with { Title = "Concert" })],
        };

        var edited = Writer.Apply(stored, wanted);

        Assert.Equal(ContentHash.Of(wanted), ContentHash.Of(Ics.Read(edited).Aggregate));
        Assert.Contains("X-KEEP:1", edited, StringComparison.Ordinal);
        Assert.Equal(3, edited.Split($"UID:{Identity.Uid}").Length - 1);
        Assert.Equal(ContentHash.Of(piano), ContentHash.Of(Ics.Read(Writer.Apply(edited, piano)).Aggregate));
    }

    [Fact]
    public void A_text_that_cannot_be_read_is_not_edited() =>
        Assert.Throws<FormatException>(() => Writer.Apply("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", new CalendarEvent(Lunch)));

    /// <summary>Events that iCalendar can hold: an end of the start's kind, not before it, and instances of a series in its zone.</summary>
    private static Gen<CalendarEvent> Writable { get; } =
        from content in Gens.Content
        from start in Gens.Time
        from minutes in Gen.Int[0, 3 * 24 * 60]
        from series in Gen.Bool
        from days in Gen.Int[1, 60].Array[0, 4]
        select Build(content, start, minutes, series, [.. days.Distinct().Order()]);

    private static CalendarEvent Build(EventContent content, EventTime start, int minutes, bool series, int[] days)
    {
        var occurrence = At(content with { Color = null }, start, minutes);
        return !series
            ? new CalendarEvent(occurrence)
            : new CalendarEvent(
                occurrence,
                new Recurrence(["FREQ=DAILY"], [], [.. days.Take(1).Select(d => Plus(start, d))]),
                [.. days.Skip(1).Select(d => new EventOverride(Plus(start, d), At(occurrence with { Title = $"Day {d}" }, Plus(start, d), minutes / 2)))]);
    }

    private static EventContent At(EventContent content, EventTime start, int minutes) => content with
    {
        Start = start,
        End = start switch
        {
            EventTime.AllDay day => new EventTime.AllDay(day.Date.PlusDays(1 + (minutes / 1440))),
            EventTime.Floating floating => new EventTime.Floating(floating.Local.PlusMinutes(minutes)),

            // Through the instant, so that an hour that does not exist, or exists twice, gives no end before its start.
            EventTime.Zoned zoned => new EventTime.Zoned(
                (start.ToInstant(DateTimeZone.Utc) + Duration.FromMinutes(minutes + 180)).InZone(TimeZones.Get(zoned.ZoneId)).LocalDateTime, zoned.ZoneId),
            _ => throw new InvalidOperationException(),
        },
    };

    private static EventTime Plus(EventTime start, int days) => start switch
    {
        EventTime.AllDay day => new EventTime.AllDay(day.Date.PlusDays(days)),
        EventTime.Floating floating => new EventTime.Floating(floating.Local.PlusDays(days)),
        EventTime.Zoned zoned => zoned with { Local = zoned.Local.PlusDays(days) },
        _ => throw new InvalidOperationException(),
    };

    private static string Text(IEnumerable<string> lines) => string.Join("\r\n", lines) + "\r\n";
}
