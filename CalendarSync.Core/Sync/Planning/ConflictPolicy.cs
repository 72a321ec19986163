using NodaTime;

namespace CalendarSync.Core.Sync.Planning;

/// <summary>When two edits are taken for one. It never decides whether a side changed: that is the base's business.</summary>
public static class ConflictPolicy
{
    /// <summary>Whether both sides were edited within the window of each other.</summary>
    /// <param name="rowanChangedAt">When Rowan's row was last edited, by the database's clock; <c>null</c> where unknown.</param>
    /// <param name="externalChangedAt">When the external event was last edited, by the provider's clock; <c>null</c> where unknown.</param>
    /// <param name="window">Zero or less turns the rule off.</param>
    public static bool IsSameMoment(Instant? rowanChangedAt, Instant? externalChangedAt, Duration window) =>
        window > Duration.Zero
        && rowanChangedAt is { } rowan
        && externalChangedAt is { } external
        && (rowan > external ? rowan - external : external - rowan) <= window;
}
