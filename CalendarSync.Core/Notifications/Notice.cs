using CalendarSync.Core.Model;

namespace CalendarSync.Core.Notifications;

/// <summary>What a person is told, in the words of the product. Content for that person only: it may name events.</summary>
/// <param name="Kind">Stable; two unread notices of one kind about one connection are one.</param>
/// <param name="Type">Rowan's notification type: "event" or "system".</param>
/// <param name="Priority">Rowan's priority.</param>
/// <param name="Title">One line.</param>
/// <param name="Content">One or two sentences.</param>
internal sealed record Notice(string Kind, string Type, string Priority, string Title, string Content)
{
    public const string ItemsFailed = "items_failed";
    public const string Reconnect = "reconnect";
    public const string DeletionsHeld = "deletions_held";
    public const string Conflicts = "conflicts";

    private const int NamedTitles = 2;

    /// <summary>Events that are not synced and will not be without somebody's help.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="count">How many are open now; at least 1.</param>
    /// <param name="titles">Titles of the newest ones, as far as they have any.</param>
    /// <param name="reason">Why the newest one failed, in plain words.</param>
    public static Notice OfFailedItems(CalendarProvider provider, int count, IReadOnlyList<string> titles, string reason) => count == 1
        ? new(
            ItemsFailed,
            "event",
            "normal",
            titles is [var only, ..] ? $"“{only}” could not be synced" : "An event could not be synced",
            $"It is not in step with your {ConflictWords.NameOf(provider)}. {reason}")
        : new(
            ItemsFailed,
            "event",
            "normal",
            $"{count} events could not be synced",
            $"{Enumerate(titles, count)} are not in step with your {ConflictWords.NameOf(provider)}. The calendar settings say why.");

    /// <summary>Events that were changed on both sides. What was kept is said, and that the other version is not lost.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="count">How many; at least 1.</param>
    /// <param name="titles">Titles of the newest ones, as far as they have any.</param>
    /// <param name="newest">The newest one, in the words of <see cref="ConflictWords"/>.</param>
    public static Notice OfConflicts(CalendarProvider provider, int count, IReadOnlyList<string> titles, string newest) => count == 1
        ? new(
            Conflicts,
            "event",
            "normal",
            titles is [var only, ..] ? $"“{only}” was changed in two places" : "An event was changed in two places",
            $"{newest} The other version is kept too: you can bring it back in the calendar settings.")
        : new(
            Conflicts,
            "event",
            "normal",
            $"{count} events were changed in two places",
            $"{Enumerate(titles, count)} were changed in both Rowan and {ConflictWords.NameOf(provider)}. The calendar settings say what was kept; the other versions can be brought back there.");

    /// <summary>Deletions wait for a decision.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="gone">How many events are gone from the calendar and still in Rowan.</param>
    /// <param name="deleted">How many events were deleted in Rowan and are still in the calendar.</param>
    public static Notice OfHeldDeletions(CalendarProvider provider, int gone, int deleted) => new(
        DeletionsHeld,
        "event",
        "high",
        $"{gone + deleted} deletions are waiting for you",
        (gone, deleted) switch
        {
            (_, 0) => $"{gone} events disappeared from your {ConflictWords.NameOf(provider)} all at once, so they were kept in Rowan. Say in the calendar settings whether they are to be deleted.",
            (0, _) => $"{deleted} events were deleted in Rowan all at once, so they were kept in your {ConflictWords.NameOf(provider)}. Say in the calendar settings whether they are to be deleted there too.",
            _ => $"{gone} events disappeared from your {ConflictWords.NameOf(provider)}, and {deleted} were deleted in Rowan, so they were kept on the other side. Say in the calendar settings whether they are to be deleted.",
        });

    /// <summary>The connection stands still until its user signs in again.</summary>
    public static Notice OfLostAccess(CalendarProvider provider, string reason) => new(
        Reconnect,
        "system",
        "high",
        $"Reconnect your {ConflictWords.NameOf(provider)}",
        $"{reason} Until you reconnect, changes are not synced; nothing is lost.");

    /// <summary>“Dentist”, “School run” and 3 more.</summary>
    private static string Enumerate(IReadOnlyList<string> titles, int count)
    {
        string[] named = [.. titles.Take(Math.Min(NamedTitles, count)).Select(title => $"“{title}”")];
        var others = count - named.Length;
        return (named, others) switch
        {
            ([], _) => "They",
            ([var one], _) => $"{one} and {others} more",
            ([var one, var two], 0) => $"{one} and {two}",
            _ => $"{string.Join(", ", named)} and {others} more",
        };
    }
}
