using System.Globalization;

namespace CalendarSync.Core.Model;

/// <summary>
/// The identity under which an event that was born in Rowan appears outside. It is derived, not drawn: a repeated create, a second
/// worker, or a second member who connected the same shared calendar arrives at the same identity and meets the event that is there.
/// </summary>
/// <param name="EventId">The Rowan event.</param>
/// <param name="Generation">0 for the first life of the event; each restore after its deletion begins a new one, so that an old tombstone cannot reach it.</param>
public readonly record struct EventIdentity(RowanEventId EventId, int Generation)
{
    private const string Prefix = "rowan-";

    /// <summary>The iCalendar UID, at most 49 characters of <c>[a-z0-9-]</c>, so it can also be a file name and part of an address.</summary>
    public string Uid => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{EventId.Value:N}-{Generation}");

    /// <summary>Reads a UID that one of our connections may have written.</summary>
    /// <returns><c>null</c> for any other UID.</returns>
    public static EventIdentity? Parse(string? uid)
    {
        if (uid is null || !uid.StartsWith(Prefix, StringComparison.Ordinal) || uid.Length < Prefix.Length + 34)
        {
            return null;
        }

        var rest = uid.AsSpan(Prefix.Length);
        return Guid.TryParseExact(rest[..32], "N", out var id)
            && rest[32] == '-'
            && int.TryParse(rest[33..], NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            ? new EventIdentity(new RowanEventId(id), generation)
            : null;
    }
}
