using CalendarSync.Core.Model;
using NodaTime.Text;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>Writes what an event says into the lines of one VEVENT, touching only what differs.</summary>
internal sealed class ComponentEditor(ICalendarDocument document, ICalendarComponent component)
{
    private static readonly LocalDatePattern Date = LocalDatePattern.CreateWithInvariantCulture("uuuuMMdd");
    private static readonly LocalDateTimePattern DateTime = LocalDateTimePattern.CreateWithInvariantCulture("uuuuMMdd'T'HHmmss");

    /// <summary>Writes the difference.</summary>
    /// <param name="current">What the lines say; <c>null</c> for a component that says nothing yet.</param>
    /// <param name="desired">What they shall say.</param>
    /// <returns>Whether a line changed.</returns>
    public bool Write(EventContent? current, EventContent desired)
    {
        var changed = WriteTimes(current, desired);
        changed |= WriteText("SUMMARY", current?.Title, desired.Title);

        // Copies of the same text in another form would go on showing the old one in the programs that prefer them.
        changed |= WriteText("DESCRIPTION", current?.Description, desired.Description, "X-ALT-DESC");
        return WriteText("LOCATION", current?.Location, desired.Location, "X-APPLE-STRUCTURED-LOCATION", "GEO") || changed;
    }

    /// <summary>A line with a time; its zone is described in the text if it was not yet.</summary>
    public ContentLine Time(string name, EventTime time)
    {
        var old = component.Find(name);
        var others = old is null ? [] : old.Parameters.RemoveAll(p => p.Name is "TZID" or "VALUE");
        switch (time)
        {
            case EventTime.AllDay day:
                return ContentLine.Create(name, Date.Format(day.Date), [new ContentParameter("VALUE", "DATE"), .. others]);
            case EventTime.Floating floating:
                return ContentLine.Create(name, DateTime.Format(floating.Local), others);
            case EventTime.Zoned { ZoneId: "UTC" } utc:
                return ContentLine.Create(name, DateTime.Format(utc.Local) + "Z", others);
            case EventTime.Zoned zoned:
                return ContentLine.Create(name, DateTime.Format(zoned.Local), [new ContentParameter("TZID", TzId(old, zoned)), .. others]);
            default:
                throw new InvalidOperationException("EventTime is closed.");
        }
    }

    /// <summary>Writes the end where there is none: iCloud answers 404 to a PUT without one, even of what it sent itself (davx5-ose#1859).</summary>
    public void EnsureEnd(EventContent content)
    {
        if (component.Find("DTEND") is null && component.Find("DURATION") is null)
        {
            component.Set(Time("DTEND", content.End));
        }
    }

    private bool WriteTimes(EventContent? current, EventContent desired)
    {
        var start = current?.Start != desired.Start;
        var end = current?.End != desired.End;
        if (start)
        {
            component.Set(Time("DTSTART", desired.Start));
        }

        // A duration would go on with the start, so the end is written out whenever one of them moves.
        if (end || (start && component.Find("DTEND") is null))
        {
            component.Set(Time("DTEND", desired.End));
            component.Remove("DURATION");
        }

        if ((start || end) && component.Find("X-MICROSOFT-CDO-ALLDAYEVENT") is not null)
        {
            component.Set(ContentLine.Create("X-MICROSOFT-CDO-ALLDAYEVENT", desired.Start is EventTime.AllDay ? "TRUE" : "FALSE"));
        }

        return start || end;
    }

    private bool WriteText(string name, string? current, string? desired, params ReadOnlySpan<string> copies)
    {
        if (Normalise(current) == Normalise(desired))
        {
            return false;
        }

        foreach (var copy in copies)
        {
            component.Remove(copy);
        }

        if (string.IsNullOrEmpty(desired))
        {
            component.Remove(name);
            return true;
        }

        // ALTREP points at another form of the old text; LANGUAGE and the rest may stay.
        var parameters = component.Find(name)?.Parameters.RemoveAll(p => p.Name == "ALTREP") ?? [];
        component.Set(ContentLine.Create(name, ICalendarText.Escape(desired), parameters));
        return true;
    }

    // The name under which this text already speaks of the zone, if it does: a new one would need a second description of the same zone.
    private string TzId(ContentLine? old, EventTime.Zoned time)
    {
        var zones = new ZoneNames(document);
        var known = old?.Parameter("TZID") is { } same && zones.Resolve(same, time.Local.Year) == time.ZoneId
            ? same
            : document.Calendar.Components
                .Where(c => c.Name == "VTIMEZONE")
                .Select(c => c.Find("TZID")?.Value.Trim())
                .FirstOrDefault(id => id is not null && zones.Resolve(id, time.Local.Year) == time.ZoneId);
        if (known is not null)
        {
            return known;
        }

        document.Calendar.Add(TimeZoneWriter.Write(TimeZones.Get(time.ZoneId), time.Local.Year), before: "VEVENT");
        return time.ZoneId;
    }

    private static string Normalise(string? text) => (text ?? "").Replace("\r\n", "\n", StringComparison.Ordinal);
}
