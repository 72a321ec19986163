namespace CalendarSync.Core.Sync.Planning;

/// <summary>
/// Tells a person's deletions from an accident: a calendar that came back empty, or as another one at the same address, a space that a
/// program emptied (scenarios 14 to 21). By share and by number, because small calendars would ask all the time (scenario 16).
/// </summary>
public static class DeletionGuard
{
    /// <summary>Whether deletions are to be held back until somebody has decided.</summary>
    /// <param name="deletions">Those that are about to happen in one direction, and those of the last hour.</param>
    /// <param name="mapped">Events of the calendar that we know, with all of these.</param>
    /// <param name="minCount">Fewer than this are never held, or small calendars would ask all the time.</param>
    /// <param name="maxShare">A share up to this, from 0 to 1, is never held.</param>
    public static bool Holds(int deletions, int mapped, int minCount, double maxShare) =>
        deletions >= minCount && deletions > maxShare * mapped;
}
