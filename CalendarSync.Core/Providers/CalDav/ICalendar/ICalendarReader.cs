using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using CalendarSync.Core.Model;
using NodaTime;
using IcalEvent = Ical.Net.CalendarComponents.CalendarEvent;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>
/// Reads calendar objects (RFC 4791, section 4.1) by Ical.Net. Each VEVENT is given to it alone, reduced to the properties that we map,
/// with zones under their IANA names: Ical.Net refuses a whole text for one line it cannot parse or one TZID it does not know, and
/// somebody else's broken alarm must not cost the event.
/// </summary>
internal static class ICalendarReader
{
    /// <summary>The property that says for which space a sync wrote an event.</summary>
    public const string SpaceMarker = "X-CALENDARSYNC-SPACE";

    private static readonly string[] Mapped =
        ["UID", "SUMMARY", "DESCRIPTION", "LOCATION", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "LAST-MODIFIED"];

    /// <summary>Reads a calendar object; what is wrong with it is a value, never an exception.</summary>
    public static ICalendarReading Read(string payload)
    {
        try
        {
            return Read(ICalendarDocument.Parse(payload));
        }
        catch (UnstorableYearException)
        {
            return new ICalendarReading.Unreadable("The event lies in a year that Rowan cannot store.");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Ical.Net does not specify what it throws on bad values (ArgumentException, SerializationException, FormatException and
            // others have been seen), and whatever it is, one event must not stop the rest of its calendar.
            return new ICalendarReading.Unreadable("The calendar sent an event that does not follow the iCalendar format.");
        }
    }

    /// <summary>Reads a parsed calendar object.</summary>
    /// <exception cref="FormatException">A value that is needed cannot be read; other exceptions are Ical.Net's.</exception>
    public static ICalendarReading Read(ICalendarDocument document)
    {
        var components = document.Events.ToImmutableArray();
        if (components.IsEmpty)
        {
            return document.Calendar.Components.Any(c => c.Name != "VTIMEZONE")
                ? new ICalendarReading.NotAnEvent()
                : new ICalendarReading.Unreadable("The calendar sent an entry with nothing in it.");
        }

        var zones = new ZoneNames(document);
        var read = components.Select(component => (component, parsed: Parse(component, zones))).ToArray();
        var master = read.FirstOrDefault(r => r.parsed.RecurrenceIdentifier is null);
        if (master.component is null)
        {
            // An invitation to single instances of somebody's series has overrides only.
            master = read[0];
        }

        var content = Content(master.parsed);
        var instances = read
            .Where(r => r.component != master.component && r.parsed.RecurrenceIdentifier is not null)
            .Select(r => new ICalendarInstance(r.component, InZoneOf(content.Start, IcalTimes.ToEventTime(r.parsed.RecurrenceIdentifier!.StartTime)), Content(r.parsed)))
            .DistinctBy(i => i.RecurrenceId)
            .OrderBy(i => i.RecurrenceId!.ToInstant(DateTimeZone.Utc))
            .ToImmutableArray();
        var calendarEvent = new CalendarEvent(content, Recurrence(master.component, master.parsed), [.. instances.Select(i => new EventOverride(i.RecurrenceId!, i.Content))]);
        return new ICalendarReading.Event(master.component.Find("UID")?.Value.Trim() ?? "", calendarEvent, [new ICalendarInstance(master.component, null, content), .. instances])
        {
            LastModified = master.parsed.LastModified is { } modified ? Instant.FromDateTimeUtc(DateTime.SpecifyKind(modified.Value, DateTimeKind.Utc)) : null,
            WrittenFor = Guid.TryParse(master.component.Find(SpaceMarker)?.Value.Trim(), out var space) ? new SpaceId(space) : null,
        };
    }

    private static EventContent Content(IcalEvent parsed)
    {
        var start = parsed.DtStart is { } from ? Storable(IcalTimes.ToEventTime(from)) : throw new FormatException("DTSTART is missing or no date.");
        return new EventContent(parsed.Summary ?? "", NullIfEmpty(parsed.Description), NullIfEmpty(parsed.Location), start, Storable(IcalTimes.End(parsed, start)));
    }

    private static Recurrence? Recurrence(ICalendarComponent component, IcalEvent parsed)
    {
        var rules = component.Lines.Where(line => line.Name == "RRULE").Select(line => line.Value.Trim().ToUpperInvariant()).ToImmutableArray();
        var dates = parsed.RecurrenceDates.GetAllDates().Concat(parsed.RecurrenceDates.GetAllPeriods().Select(p => p.StartTime)).Select(IcalTimes.ToEventTime).Distinct().ToImmutableArray();
        return rules.IsEmpty && dates.IsEmpty
            ? null
            : new Recurrence(rules, dates, [.. parsed.ExceptionDates.GetAllDates().Select(IcalTimes.ToEventTime).Distinct()]);
    }

    private static IcalEvent Parse(ICalendarComponent component, ZoneNames zones)
    {
        var text = new StringBuilder("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n");
        var seen = new HashSet<string>();
        foreach (var line in component.Lines.Where(line => Mapped.Contains(line.Name)))
        {
            if (line.Name is "RRULE" or "RDATE" or "EXDATE" || seen.Add(line.Name))
            {
                InKnownZone(line, zones).WriteTo(text);
            }
        }

        text.Append("END:VEVENT\r\nEND:VCALENDAR\r\n");
        var parsed = Ical.Net.Calendar.Load(text.ToString())?.Events.SingleOrDefault() ?? throw new FormatException("There is no event in it.");

        // Ical.Net passes over a date that it cannot read, as if it were not there: an override would become a series of its own.
        var lost = (component.Find("DTEND") is not null && parsed.DtEnd is null)
            || (component.Find("RECURRENCE-ID") is not null && parsed.RecurrenceIdentifier is null)
            || Values(component, "EXDATE") > parsed.ExceptionDates.GetAllDates().Count()
            || Values(component, "RDATE") > parsed.RecurrenceDates.GetAllDates().Count() + parsed.RecurrenceDates.GetAllPeriods().Count();
        return lost ? throw new FormatException("A date cannot be read.") : parsed;
    }

    private static int Values(ICalendarComponent component, string name) =>
        component.Lines.Where(line => line.Name == name).SelectMany(line => line.Value.Split(',')).Select(value => value.Trim()).Distinct().Count();

    // Written anew, and so without control characters and unclosed quotes, on which Ical.Net gives up.
    private static ContentLine InKnownZone(ContentLine line, ZoneNames zones)
    {
        if (line.Parameter("TZID") is not { } tzId)
        {
            return ContentLine.Create(line.Name, line.Value, line.Parameters);
        }

        var year = int.TryParse(line.Value.AsSpan(0, Math.Min(4, line.Value.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out var y) && y is > 0 and < 9999 ? y : 2000;
        var others = line.Parameters.RemoveAll(p => p.Name == "TZID");

        // A DATE has no zone, though some programs write one; and UTC is a form of its own, not a TZID.
        var isDate = line.Parameter("VALUE")?.ToUpperInvariant() == "DATE" || !line.Value.Contains('T', StringComparison.OrdinalIgnoreCase);
        return (isDate ? null : zones.Resolve(tzId, year)) switch
        {
            null => ContentLine.Create(line.Name, line.Value, others),
            "UTC" => ContentLine.Create(line.Name, string.Join(',', line.Value.Split(',').Select(v => v.Trim().TrimEnd('Z') + "Z")), others),
            var zone => ContentLine.Create(line.Name, line.Value, [.. others, new ContentParameter("TZID", zone)]),
        };
    }

    // The instance is the same whichever zone its id is written in; it is kept in the one of the master.
    private static EventTime InZoneOf(EventTime start, EventTime id) => (start, id) switch
    {
        (EventTime.Zoned master, EventTime.Zoned other) when master.ZoneId != other.ZoneId =>
            new EventTime.Zoned(other.ToInstant(DateTimeZone.Utc).InZone(TimeZones.Get(master.ZoneId)).LocalDateTime, master.ZoneId),
        (EventTime.Zoned master, EventTime.AllDay day) => new EventTime.Zoned(day.Date.At(master.Local.TimeOfDay), master.ZoneId),
        (EventTime.AllDay, EventTime.Zoned other) => new EventTime.AllDay(other.Local.Date),
        (EventTime.AllDay, EventTime.Floating other) => new EventTime.AllDay(other.Local.Date),
        _ => id,
    };

    // An hour before the year 10000 in New York is after it in UTC, where neither NodaTime nor a timestamp of four digits goes on; the
    // same at the other end. One such event must not stop the pass that reads it.
    private static EventTime Storable(EventTime time)
    {
        var year = time switch
        {
            EventTime.AllDay day => day.Date.Year,
            EventTime.Zoned zoned => zoned.Local.Year,
            EventTime.Floating floating => floating.Local.Year,
            _ => throw new InvalidOperationException("EventTime is closed."),
        };
        return year is > 1 and < 9999 ? time : throw new UnstorableYearException();
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private sealed class UnstorableYearException : Exception;
}
