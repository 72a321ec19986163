using CalendarSync.Core.Model;

namespace CalendarSync.Core.Sync.Planning;

/// <summary>
/// Finds the Rowan event that an unknown external event already is, before anything is created: by identity first, else by saying the
/// same. One to one: an event that is taken is not offered again.
/// </summary>
public sealed class EventMatcher
{
    private readonly Dictionary<RowanEventId, Candidate> _free;
    private readonly ILookup<string, Candidate> _byUid;
    private readonly ILookup<string, Candidate> _byLook;

    /// <summary>A matcher over the events of the space that have no counterpart in this connection.</summary>
    public EventMatcher(IReadOnlyCollection<Candidate> candidates)
    {
        _free = candidates.ToDictionary(c => c.Id);
        _byUid = candidates.Where(c => c.Uid is not null).ToLookup(c => c.Uid!, StringComparer.Ordinal);
        _byLook = candidates.ToLookup(c => Look(c.Event), StringComparer.Ordinal);
    }

    /// <summary>An event in Rowan that may be matched.</summary>
    /// <param name="Id">The row.</param>
    /// <param name="Generation">Its current life, see <see cref="EventIdentity"/>.</param>
    /// <param name="Uid">The UID that it came with, or <c>null</c> when it was born in Rowan.</param>
    /// <param name="Event">What it says.</param>
    public sealed record Candidate(RowanEventId Id, int Generation, string? Uid, CalendarEvent Event);

    /// <summary>Takes the counterpart of an external event.</summary>
    /// <param name="uid">Its iCalendar UID.</param>
    /// <param name="external">What it says, as Rowan would hold it.</param>
    /// <returns><c>null</c> when there is none.</returns>
    public Candidate? Take(string uid, CalendarEvent external)
    {
        var match = ByIdentity(uid)
            ?? _byUid[uid].FirstOrDefault(IsFree)

            // The same look is not enough for an event that came with a UID of its own: two calendars may hold two that are alike.
            ?? _byLook[Look(external)].FirstOrDefault(c => c.Uid is null && IsFree(c));
        if (match is not null)
        {
            _free.Remove(match.Id);
        }

        return match;
    }

    // The copy of an earlier life is the event too, where that copy is still there.
    private Candidate? ByIdentity(string uid) =>
        EventIdentity.Parse(uid) is { } identity && _free.TryGetValue(identity.EventId, out var own) && own.Generation >= identity.Generation
            ? own
            : null;

    private bool IsFree(Candidate candidate) => _free.ContainsKey(candidate.Id);

    // The length of the title stands first, so that no title can imitate the times behind it.
    private static string Look(CalendarEvent e)
    {
        var title = e.Content.Title.Trim().ToUpperInvariant();
        return $"{title.Length}:{title}|{e.Content.Start}|{e.Content.End}|{e.IsSeries}";
    }
}
