using System.Collections.Immutable;
using System.Text;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>A node of an iCalendar text that is written back as it came.</summary>
internal interface IContentNode
{
    /// <summary>Appends the node with its line breaks (CRLF).</summary>
    void WriteTo(StringBuilder text);
}

/// <summary>A parameter of a content line; the value without its quotes.</summary>
internal readonly record struct ContentParameter(string Name, string Value);

/// <summary>
/// One content line (RFC 5545, section 3.1). <see cref="Raw"/> is what is written back, so a line that nobody edits keeps its folding,
/// its order of parameters and its odd spelling.
/// </summary>
/// <param name="Raw">The physical lines, joined by CRLF, without the last line break.</param>
/// <param name="Name">In upper case, without a group; empty for a line that is none.</param>
/// <param name="Parameters">In their order, names in upper case.</param>
/// <param name="Value">Unfolded, still escaped.</param>
internal sealed record ContentLine(string Raw, string Name, ImmutableArray<ContentParameter> Parameters, string Value) : IContentNode
{
    private const int MaxOctets = 75;

    /// <summary>A new line, folded.</summary>
    /// <param name="name">In upper case.</param>
    /// <param name="value">Already escaped as its type asks; control characters are dropped, so that no value can begin another line.</param>
    /// <param name="parameters">Values without quotes; they get them where they need them.</param>
    public static ContentLine Create(string name, string value, params ImmutableArray<ContentParameter> parameters)
    {
        var line = new StringBuilder(name);
        foreach (var parameter in parameters)
        {
            line.Append(';').Append(parameter.Name).Append('=');
            var clean = WithoutControls(parameter.Value).Replace("\"", "", StringComparison.Ordinal);
            line.Append(clean.AsSpan().IndexOfAny(":;,") >= 0 ? $"\"{clean}\"" : clean);
        }

        var safe = WithoutControls(value);
        line.Append(':').Append(safe);
        return new ContentLine(Fold(line.ToString()), name, parameters, safe);
    }

    /// <summary>
    /// The line with one more parameter, directly behind the name and folded there: all that stood on it stays as it was written.
    /// <c>ATTENDEE;CN=Ben:mailto:…</c> becomes <c>ATTENDEE;SCHEDULE-AGENT=CLIENT</c>, line break, <c> ;CN=Ben:mailto:…</c>.
    /// </summary>
    public ContentLine With(ContentParameter parameter)
    {
        var nameEnd = Raw.AsSpan().IndexOfAny(';', ':');
        return this with
        {
            Raw = $"{Raw[..nameEnd]};{parameter.Name}={parameter.Value}\r\n {Raw[nameEnd..]}",
            Parameters = [parameter, .. Parameters],
        };
    }

    /// <summary>Reads a line as it stands in a text.</summary>
    /// <param name="raw">With its folds.</param>
    /// <param name="unfolded">The same without them, such as <c>DTSTART;TZID="Europe/Berlin":20260103T100000</c>.</param>
    public static ContentLine Parse(string raw, string unfolded)
    {
        var nameEnd = unfolded.AsSpan().IndexOfAny(';', ':');
        if (nameEnd <= 0)
        {
            return new ContentLine(raw, "", [], unfolded);
        }

        var parameters = ImmutableArray.CreateBuilder<ContentParameter>();
        var position = nameEnd;
        while (position < unfolded.Length && unfolded[position] == ';')
        {
            var end = EndOfParameter(unfolded, position + 1);
            var text = unfolded.AsSpan(position + 1, end - position - 1);
            var equals = text.IndexOf('=');
            parameters.Add(equals < 0
                ? new ContentParameter(text.ToString().ToUpperInvariant(), "")
                : new ContentParameter(text[..equals].ToString().ToUpperInvariant(), text[(equals + 1)..].Trim('"').ToString()));
            position = end;
        }

        if (position >= unfolded.Length)
        {
            return new ContentLine(raw, "", [], unfolded);
        }

        var name = unfolded[..nameEnd].Trim();
        name = name[(name.LastIndexOf('.') + 1)..].ToUpperInvariant();
        return new ContentLine(raw, name, parameters.ToImmutable(), unfolded[(position + 1)..]);
    }

    /// <summary>The value of a parameter, or <c>null</c>.</summary>
    public string? Parameter(string name)
    {
        foreach (var parameter in Parameters)
        {
            if (parameter.Name == name)
            {
                return parameter.Value;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void WriteTo(StringBuilder text) => text.Append(Raw).Append("\r\n");

    private static int EndOfParameter(string line, int start)
    {
        var quoted = false;
        for (var i = start; i < line.Length; i++)
        {
            if (line[i] == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && line[i] is ';' or ':')
            {
                return i;
            }
        }

        return line.Length;
    }

    // XML 1.0 has no way to carry control characters either, so a text that held one could never be read back by a REPORT.
    private static string WithoutControls(string value)
    {
        var needed = false;
        foreach (var c in value)
        {
            needed |= (c < ' ' && c != '\t') || c is '\u007f' or '\ufffe' or '\uffff' || char.IsSurrogate(c);
        }

        if (!needed)
        {
            return value;
        }

        var clean = new StringBuilder(value.Length);
        foreach (var rune in value.EnumerateRunes())
        {
            if ((rune.Value >= ' ' || rune.Value == '\t') && rune.Value is not (0x7f or 0xfffe or 0xffff))
            {
                clean.Append(rune);
            }
        }

        return clean.ToString();
    }

    // 75 octets without the line break, never inside a character (RFC 5545, 3.1). The space that begins a folded line counts.
    private static string Fold(string line)
    {
        if (Encoding.UTF8.GetByteCount(line) <= MaxOctets)
        {
            return line;
        }

        var folded = new StringBuilder(line.Length + 16);
        var octets = 0;
        foreach (var rune in line.EnumerateRunes())
        {
            if (octets + rune.Utf8SequenceLength > MaxOctets)
            {
                folded.Append("\r\n ");
                octets = 1;
            }

            folded.Append(rune);
            octets += rune.Utf8SequenceLength;
        }

        return folded.ToString();
    }
}
