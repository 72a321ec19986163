using System.Diagnostics;

namespace CalendarSync.Core.Telemetry;

/// <summary>
/// The trace that a piece of work belongs to, as text (W3C Trace Context, <c>traceparent</c>), so that it can wait in a row and go on in
/// another process: <c>00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01</c>.
/// </summary>
public static class TraceParent
{
    /// <summary>Of what happens now; <c>null</c> when nothing is traced.</summary>
    public static string? Current => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>
    /// Links from a pass to the traces that caused it. Links, not parents: one pass serves many edits, and each edit's trace has ended.
    /// Text that is no trace context is left out, because anybody may have written it.
    /// </summary>
    public static IReadOnlyList<ActivityLink> Links(IEnumerable<string?> traceParents) =>
    [
        .. traceParents
            .Distinct(StringComparer.Ordinal)
            .Select(text => ActivityContext.TryParse(text, traceState: null, isRemote: true, out var context) ? context : default)
            .Where(context => context.TraceId != default)
            .Select(context => new ActivityLink(context)),
    ];
}
