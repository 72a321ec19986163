using CalendarSync.Core.Model;

namespace CalendarSync.Core.Providers;

/// <summary>
/// What a provider can hold. What it cannot hold never counts as a change for it: both sides are projected before they are compared, so
/// nothing bounces between two calendars that hold different things.
/// </summary>
public sealed record ProviderCapabilities
{
    /// <summary>Events have a colour of their own.</summary>
    public bool Color { get; init; }

    /// <summary>Wall times without a zone are kept as such.</summary>
    public bool FloatingTime { get; init; }

    /// <summary>Series are synced. Where <c>false</c>, a series is left alone on both sides and listed for the user.</summary>
    public bool Series { get; init; }

    /// <summary>Writes may carry the version that they are based on (If-Match).</summary>
    public bool ConditionalWrites { get; init; }

    /// <summary>The most writes of one batch, at least 1.</summary>
    public required int MaxBatch { get; init; }

    /// <summary>The event as this provider can hold it.</summary>
    public CalendarEvent Project(CalendarEvent calendarEvent)
    {
        ArgumentNullException.ThrowIfNull(calendarEvent);
        return calendarEvent with
        {
            Content = Project(calendarEvent.Content),
            Overrides = [.. calendarEvent.Overrides.Select(o => o with { Content = Project(o.Content) })],
        };
    }

    private EventContent Project(EventContent content) => Color ? content : content with { Color = null };
}
