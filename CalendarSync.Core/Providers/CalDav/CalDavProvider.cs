using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers.CalDav.ICalendar;
using CalendarSync.Core.Providers.CalDav.Wire;
using Microsoft.Extensions.Options;
using NodaTime;
using NodaTime.Extensions;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>iCloud, and every other CalDAV server by its address (RFC 4791, 6578, 6764, 5545).</summary>
internal sealed class CalDavProvider(
    CalDavClient client, CalDavHomes homes, CalDavPlaces places, CalDavPuller puller, CalDavLister lister, CalDavReader reader, CalDavPusher pusher,
    IOptions<AppleOptions> options, TimeProvider timeProvider) : ICalendarProvider
{
    /// <inheritdoc/>
    public CalendarProvider Provider => CalendarProvider.Apple;

    /// <inheritdoc/>
    public ProviderCapabilities Capabilities { get; } = new() { FloatingTime = true, ConditionalWrites = true, MaxBatch = 50 };

    /// <inheritdoc/>
    public async Task<ImmutableArray<RemoteCalendar>> ListCalendarsAsync(ProviderAccount account, CancellationToken cancellationToken)
    {
        var session = await OpenAsync(account, cancellationToken).ConfigureAwait(false);
        var home = await homes.RefreshAsync(session, cancellationToken).ConfigureAwait(false);
        var calendars = ImmutableArray.CreateBuilder<RemoteCalendar>();
        foreach (var collection in home.Collections)
        {
            var request = DavRequest.Propfind(collection, home.IsCalendar ? 0 : 1, DavBodies.Propfind(CalendarListing.Properties));
            var answer = await client.SendAsync(session, request, cancellationToken).ConfigureAwait(false);
            var listing = answer.MultiStatus ?? throw CalDavFaults.From(answer);
            calendars.AddRange(CalendarListing.Read(listing.Responses, answer.Uri, timeProvider.GetCurrentInstant().InUtc().Year));
        }

        return [.. calendars.DistinctBy(c => c.Id)];
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChangePage> PullAsync(
        ProviderAccount account, PullRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var session = await OpenAsync(account, cancellationToken).ConfigureAwait(false);
        await foreach (var page in puller.PullAsync(session, request, cancellationToken).ConfigureAwait(false))
        {
            yield return page;
        }
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<RemoteChange>> FetchAsync(
        ProviderAccount account, string calendarId, IReadOnlyCollection<string> eventIds, CancellationToken cancellationToken)
    {
        var session = await OpenAsync(account, cancellationToken).ConfigureAwait(false);
        var calendar = await places.LocateAsync(session, calendarId, cancellationToken).ConfigureAwait(false);
        var read = await reader.ReadAsync(session, calendar, eventIds.Distinct(), expectMissing: false, cancellationToken).ConfigureAwait(false);

        // 404 is proof of a deletion only if the calendar does not go on listing the event (scenario 19).
        var listed = read.ContainsValue(null)
            ? await lister.ListAsync(session, await lister.ReadStateAsync(session, calendarId, calendar, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)
            : [];
        return [.. eventIds.Distinct().Select(id => read.TryGetValue(id, out var change)
            ? change ?? (listed.TryGetValue(id, out var etag) ? CalDavPuller.NotServed(id, etag) : new RemoteChange.Deleted(id))
            : new RemoteChange.Unreadable(id, null, "not_an_event", "There is an entry of another kind in the place of this event."))];
    }

    /// <inheritdoc/>
    public CalendarEvent ReadPayload(string payload, DateTimeZone defaultZone) => ICalendarReader.Read(payload) is ICalendarReading.Event e
        ? e.Aggregate
        : throw new FormatException("The payload is not an event that can be read.");

    /// <inheritdoc/>
    public string ExternalIdOf(string calendarId, EventIdentity identity) => CalDavPusher.PathOf(calendarId, identity);

    /// <inheritdoc/>
    public async Task<ImmutableArray<WriteResult>> PushAsync(
        ProviderAccount account, string calendarId, IReadOnlyList<WriteOperation> operations, CancellationToken cancellationToken)
    {
        var session = await OpenAsync(account, cancellationToken).ConfigureAwait(false);
        return await pusher.PushAsync(session, calendarId, operations, cancellationToken).ConfigureAwait(false);
    }

    private Task<CalDavSession> OpenAsync(ProviderAccount account, CancellationToken cancellationToken) =>
        CalDavSession.OpenAsync(account, options.Value, cancellationToken);
}
