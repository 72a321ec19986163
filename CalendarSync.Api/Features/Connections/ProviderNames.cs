using CalendarSync.Core.Model;

namespace CalendarSync.Api.Features.Connections;

internal static class ProviderNames
{
    /// <summary>As Rowan's screens call it.</summary>
    public static string DisplayName(this CalendarProvider provider) => provider switch
    {
        CalendarProvider.Google => "Google Calendar",
        CalendarProvider.Apple => "Apple Calendar",
        CalendarProvider.Cozi => "Cozi",
        _ => throw new ArgumentOutOfRangeException(nameof(provider)),
    };
}
