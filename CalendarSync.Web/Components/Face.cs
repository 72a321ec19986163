using System.Globalization;

namespace CalendarSync.Web.Components;

/// <summary>A person without a picture: initials on a colour that stays theirs.</summary>
internal static class Face
{
    public static string Initials(string name) =>
        string.Concat(name.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2).Select(word => char.ToUpperInvariant(word[0])));

    // Not string.GetHashCode: that one changes with every process.
    public static string Style(string name) => string.Create(CultureInfo.InvariantCulture, $"background: hsl({name.Aggregate(0, (sum, c) => ((sum * 31) + c) % 360)} 45% 42%)");
}
