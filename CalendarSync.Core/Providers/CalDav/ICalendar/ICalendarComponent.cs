using System.Text;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>A component with everything between its BEGIN and its END, in order.</summary>
internal sealed class ICalendarComponent : IContentNode
{
    // An alarm in an event in a calendar is three. A text of a million BEGINs must not end the process with its stack.
    private const int MaxDepth = 16;

    private readonly ContentLine _begin;
    private readonly ContentLine _end;
    private readonly List<IContentNode> _nodes;

    private ICalendarComponent(string name, ContentLine begin, ContentLine end, List<IContentNode> nodes)
    {
        Name = name;
        _begin = begin;
        _end = end;
        _nodes = nodes;
    }

    /// <summary>Such as VEVENT, in upper case.</summary>
    public string Name { get; }

    /// <summary>Its own lines, without those of the components in it.</summary>
    public IEnumerable<ContentLine> Lines => _nodes.OfType<ContentLine>();

    /// <summary>The components directly in it.</summary>
    public IEnumerable<ICalendarComponent> Components => _nodes.OfType<ICalendarComponent>();

    /// <summary>A new component.</summary>
    public static ICalendarComponent Create(string name, params IEnumerable<IContentNode> nodes) =>
        new(name, ContentLine.Create("BEGIN", name), ContentLine.Create("END", name), [.. nodes]);

    /// <summary>Reads the component that begins at <paramref name="position"/>, and moves behind it.</summary>
    /// <exception cref="FormatException">Its END is missing or another's, or it is nested too deep.</exception>
    public static ICalendarComponent Parse(IReadOnlyList<ContentLine> lines, ref int position, int depth = 1)
    {
        if (depth > MaxDepth)
        {
            throw new FormatException("Components are nested too deep.");
        }

        var begin = lines[position++];
        var name = NameIn(begin);
        var nodes = new List<IContentNode>();
        while (position < lines.Count)
        {
            var line = lines[position];
            if (line.Name == "BEGIN")
            {
                nodes.Add(Parse(lines, ref position, depth + 1));
                continue;
            }

            position++;
            if (line.Name == "END")
            {
                return NameIn(line) == name
                    ? new ICalendarComponent(name, begin, line, nodes)
                    : throw new FormatException("A component ends inside another.");
            }

            nodes.Add(line);
        }

        throw new FormatException("A component does not end.");
    }

    /// <summary>The first line of that name.</summary>
    public ContentLine? Find(string name) => Lines.FirstOrDefault(line => line.Name == name);

    /// <summary>Puts a line in the place of the first of its name, or behind the last line; further lines of that name go.</summary>
    public void Set(ContentLine line)
    {
        var index = _nodes.FindIndex(node => node is ContentLine old && old.Name == line.Name);
        if (index < 0)
        {
            Add(line);
            return;
        }

        _nodes[index] = line;
        _nodes.RemoveAll(node => node is ContentLine old && old.Name == line.Name && !ReferenceEquals(old, line));
    }

    /// <summary>Puts another line in the place of each line of a name.</summary>
    public void Rewrite(string name, Func<ContentLine, ContentLine> rewrite)
    {
        for (var index = 0; index < _nodes.Count; index++)
        {
            if (_nodes[index] is ContentLine line && line.Name == name)
            {
                _nodes[index] = rewrite(line);
            }
        }
    }

    /// <summary>Adds a line behind the last one, before the components in this one: alarms stay last.</summary>
    public void Add(ContentLine line)
    {
        var index = _nodes.FindIndex(node => node is ICalendarComponent);
        _nodes.Insert(index < 0 ? _nodes.Count : index, line);
    }

    /// <summary>Adds a component behind everything, or before the first of a name.</summary>
    public void Add(ICalendarComponent component, string? before = null)
    {
        var index = before is null ? -1 : _nodes.FindIndex(node => node is ICalendarComponent other && other.Name == before);
        _nodes.Insert(index < 0 ? _nodes.Count : index, component);
    }

    /// <summary>Removes the lines of a name.</summary>
    public void Remove(string name) => _nodes.RemoveAll(node => node is ContentLine line && line.Name == name);

    /// <summary>Removes one component.</summary>
    public void Remove(ICalendarComponent component) => _nodes.Remove(component);

    /// <inheritdoc/>
    public void WriteTo(StringBuilder text)
    {
        _begin.WriteTo(text);
        foreach (var node in _nodes)
        {
            node.WriteTo(text);
        }

        _end.WriteTo(text);
    }

    private static string NameIn(ContentLine line) => line.Value.Trim().ToUpperInvariant();
}
