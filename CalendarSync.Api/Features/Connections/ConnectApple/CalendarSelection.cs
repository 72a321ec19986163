using System.Collections.Immutable;
using System.Text.Json;
using CalendarSync.Api.Json;
using CalendarSync.Core.Providers;

namespace CalendarSync.Api.Features.Connections.ConnectApple;

/// <summary>What is synced after a connect: every calendar that holds events; new events of Rowan go to the first that can be written.</summary>
internal static class CalendarSelection
{
    public static string ToJson(ImmutableArray<RemoteCalendar> calendars)
    {
        var target = calendars.FirstOrDefault(calendar => !calendar.ReadOnly);
        return JsonSerializer.Serialize(
            calendars.Select(calendar => new
            {
                ExternalCalendarId = calendar.Id,
                calendar.Name,
                calendar.Color,
                TimeZone = calendar.TimeZone,
                calendar.ReadOnly,
                IsPrimary = calendar.Primary,
                Selected = true,
                IsTarget = ReferenceEquals(calendar, target),
            }),
            ApiJson.Options);
    }
}
