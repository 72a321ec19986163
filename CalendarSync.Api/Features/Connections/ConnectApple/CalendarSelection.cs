using System.Collections.Immutable;
using System.Text.Json;
using CalendarSync.Api.Json;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;

namespace CalendarSync.Api.Features.Connections.ConnectApple;

/// <summary>
/// What is synced after a connect: every calendar that holds events, or those that were chosen before the account was disconnected. New events of
/// Rowan go to the first that can be written.
/// </summary>
internal static class CalendarSelection
{
    public static string ToJson(ImmutableArray<RemoteCalendar> calendars, CalendarChoice? choice)
    {
        // A choice of which nothing is left would sync nothing.
        var kept = choice is null ? [] : calendars.Where(calendar => choice.Calendars.GetValueOrDefault(calendar.Id)).ToList();
        var selected = kept.Count > 0 ? kept : [.. calendars];
        var writable = selected.Where(calendar => !calendar.ReadOnly).ToList();
        var target = writable.FirstOrDefault(calendar => calendar.Id == choice?.Target) ?? writable.FirstOrDefault();
        return JsonSerializer.Serialize(
            calendars.Select(calendar => new
            {
                ExternalCalendarId = calendar.Id,
                calendar.Name,
                calendar.Color,
                TimeZone = calendar.TimeZone,
                calendar.ReadOnly,
                IsPrimary = calendar.Primary,
                Selected = selected.Contains(calendar),
                IsTarget = ReferenceEquals(calendar, target),
            }),
            ApiJson.Options);
    }
}
