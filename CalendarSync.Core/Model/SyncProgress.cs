namespace CalendarSync.Core.Model;

/// <summary>How far a running pass is, in words for the person who waits. Holds counts, never the content of events.</summary>
/// <param name="Phase">One of <see cref="SyncPhase"/>.</param>
/// <param name="Done">Events handled in this phase.</param>
/// <param name="Total">Events of this phase as far as known; 0 = not known yet.</param>
/// <param name="Message">Plain words.</param>
public sealed record SyncProgress(string Phase, int Done, int Total, string Message);

/// <summary>Phases of a pass, as the HTTP API names them.</summary>
public static class SyncPhase
{
    /// <summary>Reading what changed at the provider.</summary>
    public const string Listing = "listing";

    /// <summary>Looking for events that are already on both sides.</summary>
    public const string Matching = "matching";

    /// <summary>Writing to Rowan.</summary>
    public const string Importing = "importing";

    /// <summary>Writing to the provider.</summary>
    public const string Exporting = "exporting";

    /// <summary>The pass has ended; nothing follows.</summary>
    public const string Done = "done";
}
