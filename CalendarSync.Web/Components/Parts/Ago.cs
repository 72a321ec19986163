using System.Globalization;

namespace CalendarSync.Web.Components.Parts;

/// <summary>How long ago something was, as Rowan says it.</summary>
internal static class Ago
{
    public static string Text(DateTimeOffset? at, DateTimeOffset now) => at is null ? "Never" : Text(now - at.Value);

    private static string Text(TimeSpan age) => age switch
    {
        { TotalSeconds: < 60 } => "Just now",
        { TotalMinutes: < 60 } => In(age.TotalMinutes, "m"),
        { TotalHours: < 24 } => In(age.TotalHours, "h"),
        _ => In(age.TotalDays, "d"),
    };

    private static string In(double count, string unit) => string.Create(CultureInfo.InvariantCulture, $"{(int)count}{unit} ago");
}
