using System.Collections.Immutable;
using System.Globalization;
using CalendarSync.Core.Model;
using NodaTime.Extensions;
using NodaTime.Text;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>
/// Writes events as calendar objects. An edit is applied onto the text that the server sent: only the lines of the properties that
/// differ are written anew, every other line stays as it was, byte for byte.
/// </summary>
internal sealed class ICalendarWriter(TimeProvider timeProvider)
{
    private static readonly InstantPattern Stamp = InstantPattern.CreateWithInvariantCulture("uuuuMMdd'T'HHmmss'Z'");

    /// <summary>A new calendar object.</summary>
    /// <param name="identity">Gives the UID.</param>
    /// <param name="calendarEvent">What it says.</param>
    /// <param name="spaceId">The space whose marker it carries.</param>
    public string Create(EventIdentity identity, CalendarEvent calendarEvent, SpaceId spaceId)
    {
        var now = Stamp.Format(timeProvider.GetCurrentInstant());
        var master = ICalendarComponent.Create("VEVENT",
            ContentLine.Create("UID", identity.Uid),
            ContentLine.Create("DTSTAMP", now),
            ContentLine.Create("CREATED", now),
            ContentLine.Create("LAST-MODIFIED", now),
            ContentLine.Create("SEQUENCE", "0"),
            ContentLine.Create(ICalendarReader.SpaceMarker, spaceId.Value.ToString("D")));
        var document = ICalendarDocument.Create(ICalendarComponent.Create("VCALENDAR",
            ContentLine.Create("VERSION", "2.0"),
            ContentLine.Create("PRODID", "-//CalendarSync//CalendarSync//EN"),
            ContentLine.Create("CALSCALE", "GREGORIAN"),
            master));
        new ComponentEditor(document, master).Write(null, calendarEvent.Content);
        ApplyRecurrence(document, master, null, calendarEvent.Recurrence);
        foreach (var instance in calendarEvent.Overrides)
        {
            AddOverride(document, master, instance);
        }

        return document.ToString();
    }

    /// <summary>Applies an edit onto a stored calendar object.</summary>
    /// <param name="basePayload">As the server sent it.</param>
    /// <param name="calendarEvent">What it shall say.</param>
    /// <returns><paramref name="basePayload"/> itself when it says that already.</returns>
    /// <exception cref="FormatException">The stored object cannot be read.</exception>
    public string Apply(string basePayload, CalendarEvent calendarEvent)
    {
        if (ICalendarReader.Read(basePayload) is not ICalendarReading.Event)
        {
            throw new FormatException("The stored calendar object is not an event that can be read.");
        }

        var document = ICalendarDocument.Parse(basePayload);
        var current = (ICalendarReading.Event)ICalendarReader.Read(document);
        var master = current.Instances[0].Component;
        var touched = new Dictionary<ICalendarComponent, EventContent>();
        if (new ComponentEditor(document, master).Write(current.Aggregate.Content, calendarEvent.Content)
            | ApplyRecurrence(document, master, current.Aggregate.Recurrence, calendarEvent.Recurrence))
        {
            touched[master] = calendarEvent.Content;
        }

        var known = current.Instances.Skip(1).ToDictionary(i => i.RecurrenceId!);
        foreach (var instance in calendarEvent.Overrides)
        {
            if (!known.Remove(instance.RecurrenceId, out var old))
            {
                touched[AddOverride(document, master, instance)] = instance.Content;
            }
            else if (new ComponentEditor(document, old.Component).Write(old.Content, instance.Content))
            {
                touched[old.Component] = instance.Content;
            }
        }

        foreach (var gone in known.Values)
        {
            document.Calendar.Remove(gone.Component);
            touched[master] = calendarEvent.Content;
        }

        foreach (var (component, content) in touched)
        {
            new ComponentEditor(document, component).EnsureEnd(content);
            Revise(component);
        }

        return touched.Count == 0 ? basePayload : document.ToString();
    }

    /// <summary>A new calendar object out of one that was deleted: everything it held, under another UID.</summary>
    /// <param name="basePayload">As the server sent it while it was there.</param>
    /// <param name="identity">Gives the UID.</param>
    /// <param name="calendarEvent">What it shall say.</param>
    /// <param name="spaceId">The space whose marker it carries.</param>
    /// <exception cref="FormatException">The old object cannot be read.</exception>
    public string Recreate(string basePayload, EventIdentity identity, CalendarEvent calendarEvent, SpaceId spaceId)
    {
        var document = ICalendarDocument.Parse(Apply(basePayload, calendarEvent));
        foreach (var component in document.Events)
        {
            component.Set(ContentLine.Create("UID", identity.Uid));
            component.Set(ContentLine.Create(ICalendarReader.SpaceMarker, spaceId.Value.ToString("D")));
            component.Rewrite("ATTENDEE", Unannounced);
            component.Rewrite("ORGANIZER", Unannounced);
            Revise(component);
        }

        return document.ToString();
    }

    // To the server this is a new meeting, and it would mail every guest an invitation (RFC 6638, 3.2.1). That is left to the client (7.1).
    private static ContentLine Unannounced(ContentLine person) =>
        person.Parameters.Any(parameter => parameter.Name == "SCHEDULE-AGENT") ? person : person.With(new ContentParameter("SCHEDULE-AGENT", "CLIENT"));

    // A revision that others can tell from the one before it (RFC 5545, 3.8.7).
    private void Revise(ICalendarComponent component)
    {
        var now = Stamp.Format(timeProvider.GetCurrentInstant());
        component.Set(ContentLine.Create("DTSTAMP", now));
        component.Set(ContentLine.Create("LAST-MODIFIED", now));
        var sequence = int.TryParse(component.Find("SEQUENCE")?.Value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        component.Set(ContentLine.Create("SEQUENCE", (Math.Min(sequence, int.MaxValue - 1) + 1).ToString(CultureInfo.InvariantCulture)));
    }

    private ICalendarComponent AddOverride(ICalendarDocument document, ICalendarComponent master, EventOverride instance)
    {
        var now = Stamp.Format(timeProvider.GetCurrentInstant());
        var component = ICalendarComponent.Create("VEVENT",
            master.Find("UID") ?? throw new FormatException("The series has no UID."),
            ContentLine.Create("DTSTAMP", now),
            ContentLine.Create("SEQUENCE", master.Find("SEQUENCE")?.Value.Trim() ?? "0"));
        if (master.Find(ICalendarReader.SpaceMarker) is { } marker)
        {
            component.Add(marker);
        }

        var editor = new ComponentEditor(document, component);
        component.Add(editor.Time("RECURRENCE-ID", instance.RecurrenceId));
        editor.Write(null, instance.Content);
        document.Calendar.Add(component);
        return component;
    }

    private static bool ApplyRecurrence(ICalendarDocument document, ICalendarComponent master, Recurrence? current, Recurrence? desired)
    {
        var editor = new ComponentEditor(document, master);
        var changed = Replace("RRULE", current?.Rules, desired?.Rules, rule => ContentLine.Create("RRULE", rule));
        changed |= Replace("RDATE", current?.Dates, desired?.Dates, date => editor.Time("RDATE", date));
        return Replace("EXDATE", current?.Exclusions, desired?.Exclusions, date => editor.Time("EXDATE", date)) || changed;

        bool Replace<T>(string name, ImmutableArray<T>? from, ImmutableArray<T>? to, Func<T, ContentLine> write)
        {
            var wanted = to ?? [];
            if (new HashSet<T>(from ?? []).SetEquals(wanted))
            {
                return false;
            }

            master.Remove(name);
            foreach (var value in wanted)
            {
                master.Add(write(value));
            }

            return true;
        }
    }
}
