using System.Collections.Concurrent;
using System.Collections.Frozen;
using CalendarSync.Core.Model;
using NodaTime;
using NodaTime.TimeZones;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>
/// The zones that one iCalendar text speaks of. A TZID is only a name inside its text (RFC 5545, 3.8.3.1), yet we keep IANA ids; so: the
/// name itself, then what its VTIMEZONE says it is, then the zone that behaves as its VTIMEZONE.
/// </summary>
/// <param name="document">The text with its VTIMEZONEs.</param>
internal sealed class ZoneNames(ICalendarDocument document)
{
    private static readonly FrozenDictionary<string, string> CaseInsensitiveIds =
        DateTimeZoneProviders.Tzdb.Ids.ToFrozenDictionary(id => id, StringComparer.OrdinalIgnoreCase);

    // Of the many zones that keep the same time in a year, the one that most people mean.
    private static readonly string[] Likely =
    [
        "UTC", "Europe/Berlin", "Europe/London", "Europe/Athens", "Europe/Moscow", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
        "America/Phoenix", "America/Halifax", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Asia/Dubai", "Australia/Sydney", "Pacific/Auckland",
    ];

    private readonly ConcurrentDictionary<(string TzId, int Year), string?> _resolved = new();

    /// <summary>The IANA id of a TZID.</summary>
    /// <param name="tzId">As it is written.</param>
    /// <param name="year">The year in question: rules of zones change.</param>
    /// <returns><c>null</c> when nothing says what the name means; the time is then wall time without a zone.</returns>
    public string? Resolve(string tzId, int year) => _resolved.GetOrAdd((tzId, year), key => ByName(key.TzId) ?? ByDefinition(key.TzId, key.Year));

    // Names seen: "Europe/Berlin", "europe/berlin", "W. Europe Standard Time", "/freeassociation.sourceforge.net/Europe/Berlin",
    // "/softwarestudio.org/Olson_20011030_5/America/New_York", "tzone://Microsoft/Utc", "US-Eastern" (which means nothing).
    private static string? ByName(string tzId)
    {
        var name = tzId.Trim().Trim('"');
        for (var rest = name; rest.Length > 0;)
        {
            if (TimeZones.Find(rest)?.Id is { } id || (CaseInsensitiveIds.TryGetValue(rest, out var known) && (id = TimeZones.Find(known)?.Id) is not null))
            {
                return id;
            }

            var slash = rest.IndexOf('/', StringComparison.Ordinal);
            rest = slash < 0 ? "" : rest[(slash + 1)..];
        }

        return null;
    }

    private string? ByDefinition(string tzId, int year)
    {
        var definition = document.Calendar.Components.FirstOrDefault(c => c.Name == "VTIMEZONE" && c.Find("TZID")?.Value.Trim() == tzId.Trim());
        if (definition is null)
        {
            return null;
        }

        var hint = definition.Find("X-LIC-LOCATION") ?? definition.Find("TZID-ALIAS-OF");
        return (hint is null ? null : ByName(hint.Value)) ?? Alike(definition, year);
    }

    // Compares offsets twice a month. The candidates are the zones that stand for a whole Windows zone, about 140, in a fixed order, so
    // that the same text always means the same zone, whoever reads it.
    private static string? Alike(ICalendarComponent definition, int year)
    {
        var rules = ZoneObservance.ReadAll(definition);
        if (rules.Length == 0)
        {
            return null;
        }

        var samples = Enumerable.Range(1, 12).SelectMany(month => new[] { new LocalDateTime(year, month, 1, 12, 0), new LocalDateTime(year, month, 15, 12, 0) });
        var wanted = samples.Select(sample => (sample, offset: ZoneObservance.OffsetAt(rules, sample))).ToArray();
        return Likely
            .Concat(TzdbDateTimeZoneSource.Default.WindowsMapping.PrimaryMapping.Values.Order(StringComparer.Ordinal))
            .Select(TimeZones.Find)
            .OfType<DateTimeZone>()
            .FirstOrDefault(zone => wanted.All(w => zone.AtLeniently(w.sample).Offset == w.offset))?
            .Id;
    }
}
