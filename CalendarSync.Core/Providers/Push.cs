using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Providers;

/// <summary>One write to an external calendar.</summary>
public abstract record WriteOperation
{
    private WriteOperation()
    {
    }

    /// <summary>Create under a derived identity. When that identity is taken, what is there is adopted.</summary>
    /// <param name="Identity">Decides UID and external id.</param>
    /// <param name="Event">Already projected to the provider's capabilities.</param>
    /// <param name="BasePayload">
    /// The event as this provider held it in an earlier life, where that is known: what it holds besides comes back with it, under the new identity.
    /// </param>
    public sealed record Create(EventIdentity Identity, CalendarEvent Event, string? BasePayload = null) : WriteOperation;

    /// <summary>Change an event, on condition that it is still the version that the edit was based on.</summary>
    /// <param name="ExternalId">The event.</param>
    /// <param name="Etag">The base version; <c>null</c> only where the provider has none.</param>
    /// <param name="BasePayload">The event as the provider last sent it: the edit is applied onto it, so that nothing it holds besides is lost.</param>
    /// <param name="Event">What it shall say.</param>
    public sealed record Update(string ExternalId, string? Etag, string BasePayload, CalendarEvent Event) : WriteOperation;

    /// <summary>Delete an event, on condition that it is still the base version.</summary>
    /// <param name="ExternalId">The event.</param>
    /// <param name="Etag">The base version; <c>null</c> only where the provider has none.</param>
    public sealed record Delete(string ExternalId, string? Etag) : WriteOperation;
}

/// <summary>The outcome of one write.</summary>
public abstract record WriteResult
{
    private WriteResult()
    {
    }

    /// <summary>The event is stored.</summary>
    /// <param name="Version">What is there now: payload and etag of one read.</param>
    /// <param name="Adopted">The identity was taken already: <paramref name="Version"/> is what was there, not what was sent.</param>
    public sealed record Stored(RemoteChange.Present Version, bool Adopted = false) : WriteResult;

    /// <summary>The event is gone, by this delete or before it.</summary>
    public sealed record Deleted : WriteResult;

    /// <summary>Somebody changed the event since the base version (HTTP 412). Fetch it and decide again.</summary>
    public sealed record VersionConflict : WriteResult;

    /// <summary>The event to update does not exist any more (HTTP 404, 410).</summary>
    public sealed record Gone : WriteResult;

    /// <summary>The provider refuses this event as it is, and will again: read-only, too large, not valid there.</summary>
    /// <param name="Code">Stable, snake_case: read_only, too_large, rejected.</param>
    /// <param name="Message">In plain words, without the event's content.</param>
    public sealed record Rejected(string Code, string Message) : WriteResult;

    /// <summary>It did not work this time, and whether it happened is not known.</summary>
    /// <param name="Code">Stable, snake_case: timeout, server_error, rate_limited, connection_lost.</param>
    /// <param name="Message">In plain words, without the event's content.</param>
    /// <param name="RetryAt">When the provider allows the next try, if it says so.</param>
    public sealed record Failed(string Code, string Message, Instant? RetryAt = null) : WriteResult;
}
