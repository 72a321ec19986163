using CalendarSync.Core.Persistence;

namespace CalendarSync.Core.Sync;

/// <summary>
/// What a pull of one calendar leaves to be done once all calendars have been read: what is gone from one may have come up in another.
/// Ids only; what the events say has been applied page by page.
/// </summary>
internal sealed class CalendarReading(ConnectionCalendarRow calendar)
{
    public ConnectionCalendarRow Calendar { get; } = calendar;

    /// <summary>Single events of a calendar that are gone, found out by asking for them.</summary>
    public static CalendarReading OfGone(string calendarId, IEnumerable<string> eventIds)
    {
        var reading = new CalendarReading(new ConnectionCalendarRow { ExternalCalendarId = calendarId });
        reading.Deleted.UnionWith(eventIds);
        return reading;
    }

    public string CalendarId => Calendar.ExternalCalendarId;

    /// <summary>Gone from this calendar, by tombstone or by absence from its complete listing.</summary>
    public HashSet<string> Deleted { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the pull ended; <c>null</c> where the provider said no position.</summary>
    public string? Cursor { get; set; }

    /// <summary>The calendar was listed in full.</summary>
    public bool IsComplete { get; set; }
}
