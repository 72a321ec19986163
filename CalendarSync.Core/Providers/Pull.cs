using System.Collections.Immutable;
using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Providers;

/// <summary>What to read.</summary>
/// <param name="CalendarId">One calendar of the account.</param>
/// <param name="Cursor">The provider's own position, opaque to everyone else; <c>null</c> for a complete listing.</param>
/// <param name="ReadKnownAsync">
/// The events that we hold of this calendar, id to etag. A provider that can list etags cheaply reads only what differs; it is called at
/// most once a pull, and only then.
/// </param>
/// <param name="DefaultZone">The zone in which times are meant that say none, where the calendar says none either.</param>
public sealed record PullRequest(
    string CalendarId,
    string? Cursor,
    Func<CancellationToken, ValueTask<IReadOnlyDictionary<string, string?>>> ReadKnownAsync,
    DateTimeZone DefaultZone);

/// <summary>A page of a pull. Applying one twice is harmless.</summary>
/// <param name="Changes">What was read, at most one entry an event.</param>
/// <param name="Unchanged">Ids that the listing names and that were not read, because their etag is the one we hold.</param>
/// <param name="IsComplete">The pages of this pull, taken together, name every event of the calendar: what they lack does not exist.</param>
/// <param name="NextCursor">Set on the last page, and only there.</param>
public sealed record ChangePage(
    ImmutableArray<RemoteChange> Changes,
    ImmutableArray<string> Unchanged,
    bool IsComplete,
    string? NextCursor)
{
    /// <summary>How many events the whole pull will report as changed, where that is known: for the progress that a person watches.</summary>
    public int? Total { get; init; }
}

/// <summary>What a provider says about one event.</summary>
/// <param name="ExternalId">Unique in its calendar. For CalDAV the path of the resource, percent-decoded.</param>
public abstract record RemoteChange(string ExternalId)
{
    /// <summary>The event exists and says this.</summary>
    /// <param name="ExternalId">See <see cref="RemoteChange"/>.</param>
    /// <param name="Uid">The iCalendar UID.</param>
    /// <param name="Etag">The version, opaque, as the server wrote it (quotes included); <c>null</c> where there is none.</param>
    /// <param name="Payload">The event as the provider sent it, whole. Payload and etag are of one read.</param>
    /// <param name="Event">What it says.</param>
    public sealed record Present(string ExternalId, string Uid, string? Etag, string Payload, CalendarEvent Event) : RemoteChange(ExternalId)
    {
        /// <summary>The space whose sync wrote this event, if one did.</summary>
        public SpaceId? WrittenFor { get; init; }

        /// <summary>When a person last changed it, by the provider's clock. Never decides whether it changed.</summary>
        public Instant? LastModified { get; init; }
    }

    /// <summary>The provider says that the event is gone: a tombstone, which is proof.</summary>
    /// <param name="ExternalId">See <see cref="RemoteChange"/>.</param>
    public sealed record Deleted(string ExternalId) : RemoteChange(ExternalId);

    /// <summary>The event exists and cannot be read. It is listed for the user with its reason, and is never taken for a deletion.</summary>
    /// <param name="ExternalId">See <see cref="RemoteChange"/>.</param>
    /// <param name="Etag">The version that cannot be read, so that it is tried again only when it has changed.</param>
    /// <param name="Code">Stable, snake_case, such as <c>unreadable_event</c>.</param>
    /// <param name="Message">In plain words, without the event's content.</param>
    public sealed record Unreadable(string ExternalId, string? Etag, string Code, string Message) : RemoteChange(ExternalId);
}
