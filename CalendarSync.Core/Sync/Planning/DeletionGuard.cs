namespace CalendarSync.Core.Sync.Planning;

/// <summary>
/// Tells a person's deletions from a calendar that came back empty, or as another one at the same address (scenarios 14 to 21). Absence
/// from a listing is proof of a deletion, but so much absence at once is more likely an accident.
/// </summary>
public static class DeletionGuard
{
    /// <summary>Whether deletions that follow from absence are to be held back.</summary>
    /// <param name="absent">Events that the complete listing lacks.</param>
    /// <param name="mapped">Events of the calendar that we know, the absent ones included.</param>
    /// <param name="minCount">Fewer than this are never held, or small calendars would ask all the time.</param>
    /// <param name="maxShare">A share up to this, from 0 to 1, is never held.</param>
    public static bool Holds(int absent, int mapped, int minCount, double maxShare) =>
        absent >= minCount && absent > maxShare * mapped;
}
