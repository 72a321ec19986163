using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime.Text;

namespace CalendarSync.Core.Model;

/// <summary>
/// A fingerprint of what an event says. Two sides that say the same have the same hash, whoever wrote the bytes, so a server that
/// rewrites what it stores does not look like an edit.
/// </summary>
/// <param name="Value">"v1:" and the first 128 bits of SHA-256 in lower-case hex; the version changes when the canonical text does.</param>
public readonly record struct ContentHash(string Value)
{
    /// <summary>The hash of an event. Null and empty texts, and line endings, make no difference.</summary>
    public static ContentHash Of(CalendarEvent calendarEvent)
    {
        var text = new StringBuilder(256);
        Append(text, calendarEvent.Content);
        if (calendarEvent.Recurrence is { } recurrence)
        {
            AppendAll(text, "rrule", recurrence.Rules);
            AppendAll(text, "rdate", recurrence.Dates.Select(Canonical));
            AppendAll(text, "exdate", recurrence.Exclusions.Select(Canonical));
        }

        foreach (var instance in calendarEvent.Overrides.OrderBy(o => Canonical(o.RecurrenceId), StringComparer.Ordinal))
        {
            Append(text, "recurrence-id", Canonical(instance.RecurrenceId));
            Append(text, instance.Content);
        }

        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
        return new ContentHash("v1:" + Convert.ToHexStringLower(digest.AsSpan(0, 16)));
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static void Append(StringBuilder text, EventContent content)
    {
        Append(text, "title", content.Title);
        Append(text, "description", content.Description);
        Append(text, "location", content.Location);
        Append(text, "start", Canonical(content.Start));
        Append(text, "end", Canonical(content.End));
        Append(text, "color", content.Color);
    }

    private static void AppendAll(StringBuilder text, string name, IEnumerable<string> values)
    {
        foreach (var value in values.Order(StringComparer.Ordinal))
        {
            Append(text, name, value);
        }
    }

    // The length stands before the value, so that no value can imitate the field that follows it.
    private static void Append(StringBuilder text, string name, string? value)
    {
        var normalised = (value ?? "").Replace("\r\n", "\n", StringComparison.Ordinal);
        text.Append(name).Append(':').Append(normalised.Length.ToString(CultureInfo.InvariantCulture)).Append(':').Append(normalised).Append('\n');
    }

    private static string Canonical(EventTime time) => time switch
    {
        EventTime.AllDay day => "d" + LocalDatePattern.Iso.Format(day.Date),
        EventTime.Zoned zoned => "z" + LocalDateTimePattern.GeneralIso.Format(zoned.Local) + "@" + zoned.ZoneId,
        EventTime.Floating floating => "f" + LocalDateTimePattern.GeneralIso.Format(floating.Local),
        _ => throw new InvalidOperationException("EventTime is closed."),
    };
}
