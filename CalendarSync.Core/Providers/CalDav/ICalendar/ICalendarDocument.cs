using System.Text;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>
/// An iCalendar text as lines and components, of which every part that nobody touches is written back as it came. This is what keeps
/// alarms, attendees and other people's properties through our edits; what the lines mean is read by <see cref="ICalendarReader"/>.
/// </summary>
internal sealed class ICalendarDocument
{
    private readonly List<IContentNode> _nodes;

    private ICalendarDocument(List<IContentNode> nodes, ICalendarComponent calendar)
    {
        _nodes = nodes;
        Calendar = calendar;
    }

    /// <summary>The VCALENDAR.</summary>
    public ICalendarComponent Calendar { get; }

    /// <summary>The events in it: one, or a series with its overrides.</summary>
    public IEnumerable<ICalendarComponent> Events => Calendar.Components.Where(component => component.Name == "VEVENT");

    /// <summary>A new text around a calendar.</summary>
    public static ICalendarDocument Create(ICalendarComponent calendar) => new([calendar], calendar);

    /// <summary>Reads a text. Lines that are no content lines are kept and passed over.</summary>
    /// <exception cref="FormatException">There is no VCALENDAR, or BEGIN and END do not match.</exception>
    public static ICalendarDocument Parse(string text)
    {
        var lines = Split(text);
        var nodes = new List<IContentNode>();
        ICalendarComponent? calendar = null;
        var position = 0;
        while (position < lines.Count)
        {
            if (lines[position].Name != "BEGIN")
            {
                nodes.Add(lines[position++]);
                continue;
            }

            var component = ICalendarComponent.Parse(lines, ref position);
            nodes.Add(component);
            calendar ??= component.Name == "VCALENDAR" ? component : null;
        }

        return new ICalendarDocument(nodes, calendar ?? throw new FormatException("There is no calendar in it."));
    }

    /// <summary>
    /// The one form in which payloads are kept: lines end in CRLF and the last one does too. XML turns every line break into LF
    /// (XML 1.0, 2.11), so what a REPORT gives and what a GET gives differ only in this. NUL goes: the database cannot hold it.
    /// </summary>
    public static string Normalise(string text)
    {
        var unix = text.TrimStart('\ufeff').Replace("\0", "", StringComparison.Ordinal).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').TrimEnd('\n', ' ', '\t');
        return unix.Length == 0 ? "" : unix.Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n";
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder(1024);
        foreach (var node in _nodes)
        {
            node.WriteTo(text);
        }

        return text.ToString();
    }

    private static List<ContentLine> Split(string text)
    {
        var lines = new List<ContentLine>();
        var raw = new StringBuilder();
        var unfolded = new StringBuilder();
        foreach (var physical in Normalise(text).Split("\r\n")[..^1])
        {
            if (physical.Length > 0 && physical[0] is ' ' or '\t' && unfolded.Length > 0)
            {
                raw.Append("\r\n").Append(physical);
                unfolded.Append(physical, 1, physical.Length - 1);
                continue;
            }

            Flush();
            raw.Append(physical);
            unfolded.Append(physical);
            if (physical.Length == 0)
            {
                lines.Add(ContentLine.Parse("", ""));
            }
        }

        Flush();
        return lines;

        void Flush()
        {
            if (unfolded.Length > 0)
            {
                lines.Add(ContentLine.Parse(raw.ToString(), unfolded.ToString()));
            }

            raw.Clear();
            unfolded.Clear();
        }
    }
}
