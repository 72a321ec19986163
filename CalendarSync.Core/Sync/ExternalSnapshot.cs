using System.Text.Json.Nodes;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.Core.Sync;

/// <summary>
/// The external version in a conflict's history: in the shape that Rowan's client knows, and, in the names of Rowan's columns, as the row
/// that it makes, so that the database can write it back by itself.
/// </summary>
internal static class ExternalSnapshot
{
    /// <param name="calendarId">The calendar.</param>
    /// <param name="external">The event there.</param>
    /// <param name="applied">The row after it was applied to it.</param>
    /// <param name="withColor">The provider holds colours.</param>
    /// <param name="zone">The zone for days and floating times.</param>
    public static JsonNode Of(string calendarId, RemoteChange.Present external, RowanEventRow applied, bool withColor, DateTimeZone zone)
    {
        var snapshot = new JsonObject
        {
            ["id"] = external.ExternalId,
            ["calendar_id"] = calendarId,
            ["title"] = applied.Title,
            ["description"] = applied.Description,
            ["location"] = applied.Location,
            ["start"] = Format(external.Event.Content.Start, zone),
            ["end"] = Format(external.Event.Content.End, zone),
            ["all_day"] = applied.AllDay,
            ["etag"] = external.Etag,
            ["updated"] = external.LastModified is { } modified ? InstantPattern.ExtendedIso.Format(modified) : null,
            ["start_time"] = InstantPattern.ExtendedIso.Format(applied.StartTime),
            ["end_time"] = applied.EndTime is { } end ? InstantPattern.ExtendedIso.Format(end) : null,
            ["timezone"] = applied.Timezone,
            ["ical_uid"] = external.Uid,
        };
        if (withColor)
        {
            snapshot["custom_color"] = applied.CustomColor;
        }

        return snapshot;
    }

    /// <summary>The version of a calendar that deleted the event.</summary>
    public static JsonNode Deleted(string calendarId, string externalId) => new JsonObject
    {
        ["id"] = externalId,
        ["calendar_id"] = calendarId,
        ["deleted"] = true,
    };

    private static string Format(EventTime time, DateTimeZone zone) => time is EventTime.AllDay day
        ? LocalDatePattern.Iso.Format(day.Date)
        : InstantPattern.ExtendedIso.Format(time.ToInstant(zone));
}
