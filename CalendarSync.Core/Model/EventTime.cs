using NodaTime;

namespace CalendarSync.Core.Model;

/// <summary>
/// The start or end of an event as a person wrote it: wall time, never an instant. A series keeps its wall time across DST, so a
/// zoned time is stored with its zone and turned into an instant only at the edges.
/// </summary>
/// <remarks>RFC 5545 section 3.3.4 (DATE) and 3.3.5 (the three forms of DATE-TIME; the UTC form is <see cref="Zoned"/> in "UTC").</remarks>
public abstract record EventTime
{
    private EventTime()
    {
    }

    /// <summary>A whole day. As the end of an event the date is exclusive: a one-day event ends on the next date.</summary>
    /// <param name="Date">The ISO calendar date.</param>
    public sealed record AllDay(LocalDate Date) : EventTime;

    /// <summary>Wall time in a zone.</summary>
    /// <param name="Local">Whole seconds; calendars hold nothing finer.</param>
    /// <param name="ZoneId">An IANA zone id of the TZDB that NodaTime ships, or "UTC". Windows names are translated by whoever reads them.</param>
    public sealed record Zoned(LocalDateTime Local, string ZoneId) : EventTime;

    /// <summary>Wall time wherever the reader is: 09:00 in every zone.</summary>
    /// <param name="Local">Whole seconds.</param>
    public sealed record Floating(LocalDateTime Local) : EventTime;

    /// <summary>The instant at which this time begins.</summary>
    /// <param name="zoneOfReader">The zone in which a day or a floating time is meant.</param>
    /// <returns>In a DST gap the time is shifted forward by the gap's length, in an overlap it is the earlier one: RFC 5545, 3.3.5.</returns>
    public Instant ToInstant(DateTimeZone zoneOfReader) => this switch
    {
        AllDay day => day.Date.AtStartOfDayInZone(zoneOfReader).ToInstant(),
        Zoned zoned => TimeZones.Get(zoned.ZoneId).ResolveLocal(zoned.Local, TimeZones.Rfc5545Resolver).ToInstant(),
        Floating floating => zoneOfReader.ResolveLocal(floating.Local, TimeZones.Rfc5545Resolver).ToInstant(),
        _ => throw new InvalidOperationException("EventTime is closed."),
    };
}
