using System.Diagnostics;

namespace CalendarSync.Core.Telemetry;

/// <summary>Names under which the product reports itself to OpenTelemetry.</summary>
public static class CalendarSyncTelemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string Name = "CalendarSync";

    /// <summary>Spans of the sync: ids, counts and kinds, never titles, addresses or tokens.</summary>
    public static ActivitySource Source { get; } = new(Name);
}
