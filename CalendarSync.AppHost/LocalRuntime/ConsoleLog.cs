namespace Aspire.Hosting.Local;

/// <summary>Everybody's lines on one screen, each with its resource's name, in its colour where the screen has colours.</summary>
internal sealed class ConsoleLog(TextWriter output, bool colours, int width)
{
    private const int TailLength = 40;
    private const string Ours = "calendarsync";

    private static readonly string[] Palette = ["36", "33", "35", "32", "34", "96", "93", "95", "92", "94"];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _colours = [];
    private readonly Dictionary<string, Queue<string>> _tails = [];

    /// <summary>A line of a resource's own.</summary>
    public void Write(string resource, string instance, string line)
    {
        lock (_gate)
        {
            var tail = TailFor(resource);
            tail.Enqueue(line);
            if (tail.Count > TailLength)
            {
                tail.Dequeue();
            }

            output.WriteLine($"{Prefix(resource, instance)} {line}");
        }
    }

    /// <summary>Something that we say about a resource.</summary>
    public void Say(string resource, string message) => Say($"{resource}: {message}");

    public void Say(string message)
    {
        lock (_gate)
        {
            output.WriteLine($"{Prefix(Ours, Ours)} {message}");
        }
    }

    /// <summary>A line for people and scripts to find: no prefix.</summary>
    public void Announce(string message)
    {
        lock (_gate)
        {
            output.WriteLine(message);
            output.Flush();
        }
    }

    /// <summary>What a resource said last, to explain why it failed.</summary>
    public string TailOf(string resource)
    {
        lock (_gate)
        {
            var tail = TailFor(resource);
            return tail.Count == 0
                ? " and without a word"
                : $". It said last:{Environment.NewLine}{string.Join(Environment.NewLine, tail.Select(line => $"  {line}"))}";
        }
    }

    private Queue<string> TailFor(string resource) => _tails.TryGetValue(resource, out var tail) ? tail : _tails[resource] = new();

    private string Prefix(string resource, string instance)
    {
        var text = $"[{instance}]".PadRight(width + 2);
        if (!colours)
        {
            return text;
        }

        if (!_colours.TryGetValue(resource, out var colour))
        {
            _colours[resource] = colour = _colours.Count % Palette.Length;
        }

        return $"\u001b[{Palette[colour]}m{text}\u001b[0m";
    }
}
