using NodaTime;
using NodaTime.TimeZones;

namespace CalendarSync.Core.Model;

/// <summary>Zones by IANA id, from the TZDB that NodaTime ships, so that every host knows the same ones.</summary>
public static class TimeZones
{
    /// <summary>A skipped local time moves forward by the gap; an ambiguous one is the first of the two (RFC 5545, section 3.3.5).</summary>
    public static ZoneLocalMappingResolver Rfc5545Resolver { get; } =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnForwardShifted);

    /// <summary>The zone of an id that is known to be good.</summary>
    /// <exception cref="DateTimeZoneNotFoundException">The id is in no TZDB release that we ship.</exception>
    public static DateTimeZone Get(string zoneId) => Find(zoneId) ?? throw new DateTimeZoneNotFoundException($"Unknown time zone '{zoneId}'.");

    /// <summary>The zone of an id that someone else wrote: IANA, an IANA alias, or a Windows name such as "W. Europe Standard Time".</summary>
    /// <returns><c>null</c> for a name that means nothing to us.</returns>
    public static DateTimeZone? Find(string? zoneId)
    {
        if (string.IsNullOrWhiteSpace(zoneId))
        {
            return null;
        }

        if (zoneId is "UTC" or "Etc/UTC" or "Z" or "GMT" or "Etc/GMT")
        {
            return DateTimeZone.Utc;
        }

        var tzdb = TzdbDateTimeZoneSource.Default;
        return DateTimeZoneProviders.Tzdb.GetZoneOrNull(zoneId)
            ?? (tzdb.WindowsMapping.PrimaryMapping.TryGetValue(zoneId, out var iana) ? DateTimeZoneProviders.Tzdb.GetZoneOrNull(iana) : null);
    }
}
