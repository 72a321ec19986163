using CalendarSync.Web.Api;

namespace CalendarSync.Web.Components.Parts;

/// <summary>What waits for a person, in words.</summary>
internal static class AttentionWords
{
    private const int NamedTitles = 3;

    /// <summary>The deletions that were held back, of which there is at least one.</summary>
    public static string Held(IReadOnlyList<HeldDeletion> held)
    {
        var inbound = held.Count(h => h.Direction == "inbound");
        var what = (inbound, held.Count - inbound) switch
        {
            (var gone, 0) => $"{Deletions(gone)} held back: gone from your calendar, kept in Rowan.",
            (0, var deleted) => $"{Deletions(deleted)} held back: deleted in Rowan, kept in your calendar.",
            _ => $"{Deletions(held.Count)} held back: gone on one side, kept on the other.",
        };
        string[] titles = [.. held.Select(h => h.Title).OfType<string>().Take(NamedTitles)];
        return (titles.Length, held.Count - titles.Length) switch
        {
            (0, _) => what,
            (_, 0) => $"{what} {string.Join(", ", titles)}.",
            (_, var more) => $"{what} {string.Join(", ", titles)} and {more} more.",
        };
    }

    private static string Deletions(int count) => count == 1 ? "1 deletion was" : $"{count} deletions were";
}
