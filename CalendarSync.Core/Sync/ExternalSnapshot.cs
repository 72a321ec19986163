using System.Text.Json.Nodes;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.Core.Sync;

/// <summary>The external version in a conflict's history, in the shape that Rowan knows, with the payload that can bring it back whole.</summary>
internal static class ExternalSnapshot
{
    public static JsonNode Of(string calendarId, RemoteChange.Present external, DateTimeZone zone) => new JsonObject
    {
        ["id"] = external.ExternalId,
        ["calendar_id"] = calendarId,
        ["title"] = external.Event.Content.Title,
        ["description"] = external.Event.Content.Description,
        ["location"] = external.Event.Content.Location,
        ["start"] = Format(external.Event.Content.Start, zone),
        ["end"] = Format(external.Event.Content.End, zone),
        ["all_day"] = external.Event.Content.Start is EventTime.AllDay,
        ["etag"] = external.Etag,
        ["updated"] = external.LastModified is { } modified ? InstantPattern.ExtendedIso.Format(modified) : null,
        ["payload"] = external.Payload,
    };

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
