using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using CalendarSync.Core.Providers.CalDav.Wire;
using Microsoft.Extensions.Options;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Reads what changed in a calendar: by sync-collection (RFC 6578), else by comparing etags, behind the ctag where there is one.</summary>
internal sealed class CalDavPuller(CalDavPlaces places, CalDavLister lister, CalDavReader reader, IOptions<AppleOptions> options)
{
    private const int MaxPages = 10_000;
    private const int MaxListedOfPage = 2_000;

    /// <summary>See <see cref="ICalendarProvider.PullAsync"/>.</summary>
    public IAsyncEnumerable<ChangePage> PullAsync(CalDavSession session, PullRequest request, CancellationToken cancellationToken)
    {
        if (request.Cursor is null)
        {
            return CompareAsync(session, request, null, cancellationToken);
        }

        var cursor = CalDavCursor.Parse(request.Cursor) ?? throw CalDavFaults.CursorExpired();
        return cursor.SyncToken is null ? CompareAsync(session, request, cursor, cancellationToken) : DeltaAsync(session, request, cursor, cancellationToken);
    }

    private IAsyncEnumerable<ChangePage> DeltaAsync(CalDavSession session, PullRequest request, CalDavCursor cursor, CancellationToken cancellationToken)
    {
        var reached = new Reached(cursor);
        return ReadAhead.EndingAsync(
            ReadDeltaAsync(session, request, reached, cancellationToken),
            page => (page ?? new ChangePage([], [], IsComplete: false, null)) with { NextCursor = reached.Cursor.ToString() },
            cancellationToken);
    }

    private async IAsyncEnumerable<ChangePage> ReadDeltaAsync(
        CalDavSession session, PullRequest request, Reached reached, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var token = reached.Cursor.SyncToken!;
        var known = (IReadOnlyDictionary<string, string?>?)null;
        var calendar = reached.Cursor.Origin;
        for (var round = 0; ; round++)
        {
            var body = DavBodies.SyncCollection(token);
            (calendar, var answer) = await places.AskAsync(session, request.CalendarId, calendar, uri => DavRequest.Report(uri, 0, body), cancellationToken).ConfigureAwait(false);
            if (answer.Status == HttpStatusCode.InternalServerError)
            {
                // Some servers stumble over a token that they have forgotten (xandikos does). One that answers anything else is well.
                await lister.ReadStateAsync(session, request.CalendarId, calendar, cancellationToken).ConfigureAwait(false);
                throw CalDavFaults.CursorExpired();
            }

            var changes = Changes(answer, calendar);
            var truncated = CalDavLister.IsTruncated(changes, calendar);
            var next = changes.SyncToken ?? throw CalDavFaults.InvalidResponse();
            if (truncated && (next == token || round == MaxPages))
            {
                // A server that never comes to an end would hold the worker for ever.
                throw CalDavFaults.InvalidResponse();
            }

            var (deleted, changed) = Split(changes, calendar);
            if (changed.Count > 0)
            {
                known ??= await request.ReadKnownAsync(cancellationToken).ConfigureAwait(false);
            }

            var news = Differing(changed, known, out var unchanged);
            await foreach (var page in PagesAsync(session, calendar, news, deleted, unchanged, cancellationToken).ConfigureAwait(false))
            {
                yield return page;
            }

            token = next;
            if (!truncated)
            {
                reached.Cursor = new CalDavCursor(calendar, token, null);
                yield break;
            }
        }
    }

    private async IAsyncEnumerable<ChangePage> CompareAsync(
        CalDavSession session, PullRequest request, CalDavCursor? cursor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var state = await lister.ReadStateAsync(session, request.CalendarId, cursor?.Origin, cancellationToken).ConfigureAwait(false);
        var position = new CalDavCursor(state.Address, state.SyncToken, state.Ctag).ToString();
        if (cursor?.Ctag is not null && cursor.Ctag == state.Ctag)
        {
            yield return new ChangePage([], [], IsComplete: false, position);
            yield break;
        }

        var pages = ReadAhead.EndingAsync(
            ReadListingAsync(session, request, state, cancellationToken),
            page => (page ?? new ChangePage([], [], IsComplete: false, null)) with { IsComplete = true, NextCursor = position },
            cancellationToken);
        await foreach (var page in pages.ConfigureAwait(false))
        {
            yield return page;
        }
    }

    private async IAsyncEnumerable<ChangePage> ReadListingAsync(
        CalDavSession session, PullRequest request, CalendarState state, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listed = await lister.ListAsync(session, state, cancellationToken).ConfigureAwait(false);
        var known = await request.ReadKnownAsync(cancellationToken).ConfigureAwait(false);
        var news = Differing(listed, known, out var unchanged);

        // Absence from a listing counts as deletion, so it is proved once more: what we hold and the listing lacks is asked for by name. A
        // listing that a server cut short without saying so, or that came back empty (scenarios 14 and 17), deletes nothing.
        var missing = known.Keys.Where(id => !listed.ContainsKey(id)).Chunk(options.Value.MultigetBatch);
        var stillThere = ReadAhead.InOrderAsync(
            missing, options.Value.MaxParallelReads, (ids, token) => reader.ReadAsync(session, state.Address, ids, expectMissing: true, token), cancellationToken);
        await foreach (var read in stillThere.ConfigureAwait(false))
        {
            if (read.Values.OfType<RemoteChange>().ToImmutableArray() is { IsEmpty: false } changes)
            {
                yield return new ChangePage(changes, [], IsComplete: false, null);
            }
        }

        await foreach (var page in PagesAsync(session, state.Address, news, null, unchanged, cancellationToken).ConfigureAwait(false))
        {
            yield return page;
        }
    }

    // With the tombstones of a delta, or without (null) for a listing.
    private async IAsyncEnumerable<ChangePage> PagesAsync(
        CalDavSession session, Uri calendar, Dictionary<string, string?> news, List<string>? deleted, List<string> unchanged,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var total = news.Count + (deleted?.Count ?? 0);
        foreach (var ids in unchanged.Chunk(MaxListedOfPage))
        {
            yield return new ChangePage([], [.. ids], IsComplete: false, null) { Total = total };
        }

        foreach (var ids in (deleted ?? []).Chunk(MaxListedOfPage))
        {
            yield return new ChangePage([.. ids.Select(id => new RemoteChange.Deleted(id))], [], IsComplete: false, null) { Total = total };
        }

        var batches = ReadAhead.InOrderAsync(news.Chunk(options.Value.MultigetBatch), options.Value.MaxParallelReads, ReadAsync, cancellationToken);
        await foreach (var changes in batches.ConfigureAwait(false))
        {
            yield return new ChangePage(changes, [], IsComplete: false, null) { Total = total };
        }

        async Task<ImmutableArray<RemoteChange>> ReadAsync(KeyValuePair<string, string?>[] batch, CancellationToken token)
        {
            var read = await reader.ReadAsync(session, calendar, batch.Select(b => b.Key), expectMissing: false, token).ConfigureAwait(false);
            return
            [
                .. batch
                    .Where(b => read.ContainsKey(b.Key))
                    .Select(b => read[b.Key] ?? (deleted is not null && b.Value is null ? new RemoteChange.Deleted(b.Key) : NotServed(b.Key, b.Value))),
            ];
        }
    }

    // Listed with an etag a moment ago, and 404 when asked for twice. A deletion in between comes as a tombstone with the next delta; a
    // ghost (scenario 19) would be lost if it were taken for one. So it is neither dropped nor deleted, but shown, and tried again. Only
    // a delta that names a member without an etag means a deletion by it: some servers write their tombstones so.
    internal static RemoteChange.Unreadable NotServed(string path, string? etag) =>
        new(path, etag, "not_served", "The calendar lists this event but does not hand it out.");

    private static MultiStatus Changes(DavAnswer answer, Uri calendar)
    {
        if (answer.MultiStatus is { } changes)
        {
            var self = changes.Responses.FirstOrDefault(r => r.Status is >= 400 and not 507 && DavPath.SameCollection(r.Path, DavPath.Canonical(calendar)));
            return self is null ? changes : throw CalDavFaults.CursorExpired();
        }

        // The condition is DAV:valid-sync-token with 403 or 409 (RFC 6578, section 3.2); servers also say 400, 410 or 412, without it, or
        // have forgotten the report (405, 415, 501), or cannot send so much at once (507). A full comparison mends all of them.
        throw answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.Conflict or HttpStatusCode.Gone
            or HttpStatusCode.PreconditionFailed or HttpStatusCode.MethodNotAllowed or HttpStatusCode.UnsupportedMediaType
            or HttpStatusCode.UnprocessableEntity or HttpStatusCode.NotImplemented or HttpStatusCode.InsufficientStorage
            || answer.HasCondition(DavNames.Dav + "valid-sync-token")
            ? CalDavFaults.CursorExpired()
            : CalDavFaults.From(answer);
    }

    private static (List<string> Deleted, Dictionary<string, string?> Changed) Split(MultiStatus changes, Uri calendar)
    {
        var deleted = new List<string>();
        var changed = new Dictionary<string, string?>();
        foreach (var member in CalDavLister.Members(changes, calendar))
        {
            if (member.Status is 404 or 410)
            {
                deleted.Add(member.Path);
            }
            else
            {
                changed[member.Path] = member.Text(DavNames.GetEtag);
            }
        }

        // Deleted and made again under the same name: what is there now counts.
        deleted.RemoveAll(changed.ContainsKey);
        return (deleted, changed);
    }

    private static Dictionary<string, string?> Differing(
        Dictionary<string, string?> listed, IReadOnlyDictionary<string, string?>? known, out List<string> unchanged)
    {
        unchanged = [];
        var differing = new Dictionary<string, string?>();
        foreach (var (path, etag) in listed)
        {
            if (etag is not null && known is not null && known.TryGetValue(path, out var held) && held == etag)
            {
                unchanged.Add(path);
            }
            else
            {
                differing[path] = etag;
            }
        }

        return differing;
    }

    // Where a delta stands when its last part has been read.
    private sealed class Reached(CalDavCursor cursor)
    {
        public CalDavCursor Cursor { get; set; } = cursor;
    }
}
