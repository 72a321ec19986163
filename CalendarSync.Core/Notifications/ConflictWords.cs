using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;

namespace CalendarSync.Core.Notifications;

/// <summary>A conflict in plain words: what met, and what was kept.</summary>
public static class ConflictWords
{
    /// <summary>The calendar of a provider, as people call it.</summary>
    public static string NameOf(CalendarProvider? provider) => provider switch
    {
        CalendarProvider.Google => "Google Calendar",
        CalendarProvider.Apple => "Apple Calendar",
        CalendarProvider.Cozi => "Cozi calendar",
        _ => "the connected calendar",
    };

    /// <summary>Two sentences, and a third one when a person has decided.</summary>
    /// <param name="kind">One of <see cref="ConflictKinds"/>.</param>
    /// <param name="title">The event's.</param>
    /// <param name="calendar">See <see cref="NameOf"/>.</param>
    /// <param name="winningSource">external or rowan: what holds now.</param>
    /// <param name="isDecided">A person chose it.</param>
    public static string Describe(string kind, string? title, string calendar, string? winningSource, bool isDecided)
    {
        var what = $"Event '{(string.IsNullOrWhiteSpace(title) ? "Untitled" : title)}' {What(kind, calendar)}.";
        var kept = Kept(kind, calendar, winningSource);
        return isDecided ? $"{what} A member of the space decided: {Lower(kept)}" : $"{what} {kept}";
    }

    private static string What(string kind, string calendar) => kind switch
    {
        ConflictKinds.DeletedOutside => $"was modified in Rowan and deleted in {calendar}",
        ConflictKinds.DeletedInRowan => $"was deleted in Rowan and modified in {calendar}",
        ConflictKinds.FoundDifferent => $"was found in both Rowan and {calendar}, with differences",
        ConflictKinds.SameEdit => $"was modified in both Rowan and {calendar} at the same moment",
        _ => $"was modified in both Rowan and {calendar}",
    };

    private static string Kept(string kind, string calendar, string? winningSource) => (kind, winningSource) switch
    {
        (ConflictKinds.DeletedOutside, "external") or (ConflictKinds.DeletedInRowan, "rowan") => "The deletion was kept.",
        (_, "external") => $"{Upper(calendar)} version was kept.",
        (_, "rowan") => "Rowan version was kept.",
        _ => "It was settled by hand.",
    };

    private static string Upper(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    // Only an article is written small within a sentence; names are not.
    private static string Lower(string text) =>
        text.StartsWith("The ", StringComparison.Ordinal) || text.StartsWith("It ", StringComparison.Ordinal) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
}
