using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers.CalDav.ICalendar;
using CalendarSync.Core.Providers.CalDav.Wire;
using Microsoft.Extensions.Options;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Writes events, each on condition of the version that the edit was based on, and reads back what was stored.</summary>
internal sealed class CalDavPusher(CalDavClient client, CalDavPlaces places, CalDavReader reader, ICalendarWriter writer, IOptions<AppleOptions> options)
{
    private const int MaxUnasked = 32 * 1024;

    /// <summary>See <see cref="ICalendarProvider.PushAsync"/>.</summary>
    public async Task<ImmutableArray<WriteResult>> PushAsync(
        CalDavSession session, string calendarId, IReadOnlyList<WriteOperation> operations, CancellationToken cancellationToken)
    {
        var calendar = await places.LocateAsync(session, calendarId, cancellationToken).ConfigureAwait(false);
        var outcomes = new Outcome[operations.Count];
        var stop = (WriteResult.Failed?)null;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Value.MaxParallelWrites, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, operations.Count, parallel, async (i, token) =>
        {
            // Once the server asks to wait, the rest of the batch waits too.
            outcomes[i] = Volatile.Read(ref stop) is { } asked
                ? new Outcome.Done(asked)
                : await WriteAsync(session, calendar, calendarId, operations[i], token).ConfigureAwait(false);
            if (outcomes[i] is Outcome.Done { Result: WriteResult.Failed { Code: "rate_limited" } limited })
            {
                Volatile.Write(ref stop, limited);
            }
        }).ConfigureAwait(false);
        return await ReadBackAsync(session, calendar, outcomes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The path that a create under an identity writes to.</summary>
    public static string PathOf(string calendarId, EventIdentity identity) => $"{calendarId.TrimEnd('/')}/{identity.Uid}.ics";

    private async Task<Outcome> WriteAsync(CalDavSession session, Uri calendar, string calendarId, WriteOperation operation, CancellationToken cancellationToken)
    {
        try
        {
            return operation switch
            {
                WriteOperation.Create create => await CreateAsync(session, calendar, calendarId, create, cancellationToken).ConfigureAwait(false),
                WriteOperation.Update update => await UpdateAsync(session, calendar, update, cancellationToken).ConfigureAwait(false),
                WriteOperation.Delete delete => await DeleteAsync(session, calendar, delete, cancellationToken).ConfigureAwait(false),
                _ => throw new InvalidOperationException("WriteOperation is closed."),
            };
        }
        catch (ProviderException e) when (e.Fault is ProviderFault.Transient or ProviderFault.RateLimited)
        {
            return new Outcome.Done(new WriteResult.Failed(e.Code, e.Message, e.RetryAt));
        }
    }

    private async Task<Outcome> CreateAsync(CalDavSession session, Uri calendar, string calendarId, WriteOperation.Create create, CancellationToken cancellationToken)
    {
        var path = PathOf(calendarId, create.Identity);
        var payload = PayloadOf(create, session.Account.SpaceId);
        if (await IsTooLargeAsync(session, calendar, payload, cancellationToken).ConfigureAwait(false))
        {
            return new Outcome.Done(Refusals.TooLarge());
        }

        var answer = await client.SendAsync(session, DavRequest.Put(DavPath.On(calendar, path), payload) with { IfNoneMatch = true }, cancellationToken).ConfigureAwait(false);
        if (answer.IsSuccess)
        {
            return new Outcome.Written(path, payload, answer.Etag);
        }

        // The name is taken (412), or the UID is, under another name (RFC 4791, section 5.3.2.1): an earlier try of ours, whose answer was
        // lost, or another member's connection to the same calendar. What is there is the event.
        var conflict = answer.Conditions.FirstOrDefault(c => c.Name == DavNames.NoUidConflict);
        if (answer.Status is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict || conflict is not null)
        {
            var named = conflict?.Element(DavNames.Href)?.Value is { } href ? DavPath.Canonical(answer.Uri, href) : null;
            return await AdoptAsync(session, calendar, calendarId, create.Identity, named ?? path, answer, cancellationToken).ConfigureAwait(false);
        }

        return new Outcome.Done(Refusals.OfCreate(answer));
    }

    private string PayloadOf(WriteOperation.Create create, SpaceId space)
    {
        try
        {
            return create.BasePayload is { } payload
                ? writer.Recreate(payload, create.Identity, create.Event, space)
                : writer.Create(create.Identity, create.Event, space);
        }
        catch (FormatException)
        {
            // The event matters more than what it once held besides.
            return writer.Create(create.Identity, create.Event, space);
        }
    }

    private async Task<Outcome> AdoptAsync(
        CalDavSession session, Uri calendar, string calendarId, EventIdentity identity, string path, DavAnswer refusal, CancellationToken cancellationToken)
    {
        // An event in another calendar of the account is not ours to take.
        var here = path.StartsWith(calendarId.TrimEnd('/') + "/", StringComparison.Ordinal);
        var read = await reader.ReadAsync(session, calendar, here ? [path] : [], expectMissing: false, cancellationToken).ConfigureAwait(false);
        if (read.GetValueOrDefault(path) is RemoteChange.Present there)
        {
            return new Outcome.Done(new WriteResult.Stored(there, Adopted: true));
        }

        var body = DavBodies.EventByUid(identity.Uid);
        var found = await client.SendAsync(session, DavRequest.Report(calendar, 1, body), cancellationToken).ConfigureAwait(false);
        var match = found.MultiStatus is null ? null : CalDavLister.Members(found.MultiStatus, calendar)
            .Where(m => m.Properties.ContainsKey(DavNames.CalendarData))
            .Select(m => CalDavReader.Interpret(m.Path, m.Text(DavNames.GetEtag), m.Properties[DavNames.CalendarData].Value))
            .OfType<RemoteChange.Present>()
            .FirstOrDefault(present => present.Uid == identity.Uid);
        if (match is null && found.MultiStatus is null && Refusals.Of(found) is WriteResult.Failed away && found.Status != HttpStatusCode.NotImplemented)
        {
            // Not to have found out is no refusal of the event: it is tried again, and adopted then.
            return new Outcome.Done(away);
        }

        return match is not null ? new Outcome.Done(new WriteResult.Stored(match, Adopted: true))
            : found.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone ? new Outcome.Done(Refusals.CalendarGone())
            : read.GetValueOrDefault(path) is RemoteChange.Unreadable { Code: "not_served" } hidden ? new Outcome.Done(new WriteResult.Failed(hidden.Code, hidden.Message))
            : read.GetValueOrDefault(path) is RemoteChange.Unreadable bad ? new Outcome.Done(new WriteResult.Rejected(bad.Code, bad.Message))
            : new Outcome.Done(Refusals.OfCreate(refusal));
    }

    // The limit of the calendar (RFC 4791, section 5.2.5) is asked for only where an event may exceed one: a limit below this length is
    // not worth a request a write, and the server's own refusal says the same.
    private async Task<bool> IsTooLargeAsync(CalDavSession session, Uri calendar, string payload, CancellationToken cancellationToken)
    {
        var length = Encoding.UTF8.GetByteCount(payload);
        if (length <= MaxUnasked)
        {
            return false;
        }

        var answer = await client.SendAsync(session, DavRequest.Propfind(calendar, 0, DavBodies.Propfind(DavNames.MaxResourceSize)), cancellationToken).ConfigureAwait(false);
        return answer.MultiStatus is { Responses: [var resource, ..] }
            && long.TryParse(resource.Text(DavNames.MaxResourceSize), NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && length > limit;
    }

    private async Task<Outcome> UpdateAsync(CalDavSession session, Uri calendar, WriteOperation.Update update, CancellationToken cancellationToken)
    {
        string payload;
        try
        {
            payload = writer.Apply(update.BasePayload, update.Event);
        }
        catch (FormatException)
        {
            return new Outcome.Done(new WriteResult.Rejected("unreadable_event", "The stored event does not follow the iCalendar format, so it cannot be changed."));
        }

        if (await IsTooLargeAsync(session, calendar, payload, cancellationToken).ConfigureAwait(false))
        {
            return new Outcome.Done(Refusals.TooLarge());
        }

        // Without an etag there is nothing to compare, but the event must at least be there: an update never brings a deleted event back.
        var request = DavRequest.Put(DavPath.On(calendar, update.ExternalId), payload) with { IfMatch = update.Etag ?? "*" };
        var answer = await client.SendAsync(session, request, cancellationToken).ConfigureAwait(false);
        return answer switch
        {
            { IsSuccess: true } => new Outcome.Written(update.ExternalId, payload, answer.Etag),
            { Status: HttpStatusCode.PreconditionFailed } => new Outcome.Done(new WriteResult.VersionConflict()),
            { Status: HttpStatusCode.NotFound or HttpStatusCode.Gone } => new Outcome.Done(new WriteResult.Gone()),
            _ => new Outcome.Done(Refusals.Of(answer)),
        };
    }

    private async Task<Outcome> DeleteAsync(CalDavSession session, Uri calendar, WriteOperation.Delete delete, CancellationToken cancellationToken)
    {
        var address = DavPath.On(calendar, delete.ExternalId);
        var answer = await client.SendAsync(session, new DavRequest(HttpMethod.Delete, address) { IfMatch = delete.Etag }, cancellationToken).ConfigureAwait(false);
        if (answer.Status == HttpStatusCode.PreconditionFailed)
        {
            // If-Match on what does not exist is 412 too (RFC 9110, 13.1.1), and gone is what was wanted.
            var there = await client.SendAsync(session, new DavRequest(HttpMethod.Get, address), cancellationToken).ConfigureAwait(false);
            return new Outcome.Done(there.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone ? new WriteResult.Deleted() : new WriteResult.VersionConflict());
        }

        return new Outcome.Done(answer.IsSuccess || answer.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone ? new WriteResult.Deleted() : Refusals.Of(answer));
    }

    // Servers rewrite what they store, so payload and etag are taken from one read: all writes of the batch in one request.
    private async Task<ImmutableArray<WriteResult>> ReadBackAsync(CalDavSession session, Uri calendar, Outcome[] outcomes, CancellationToken cancellationToken)
    {
        var written = outcomes.OfType<Outcome.Written>().Select(w => w.Path).Distinct().ToArray();
        var stored = new Dictionary<string, RemoteChange?>();
        try
        {
            stored = await reader.ReadAsync(session, calendar, written, expectMissing: false, cancellationToken).ConfigureAwait(false);
        }
        catch (ProviderException)
        {
            // The writes have happened; what they sent is the best that is known of them. The next pull reads the rest.
        }

        return [.. outcomes.Select(outcome => outcome switch
        {
            Outcome.Done done => done.Result,
            Outcome.Written own => new WriteResult.Stored(AsStored(own, stored.GetValueOrDefault(own.Path))),
            _ => throw new InvalidOperationException("Outcome is closed."),
        })];
    }

    private static RemoteChange.Present AsStored(Outcome.Written own, RemoteChange? read)
    {
        var sent = (RemoteChange.Present)CalDavReader.Interpret(own.Path, own.Etag, own.Payload)!;
        if (read is not RemoteChange.Present there)
        {
            return sent;
        }

        // Another etag than that of our write: somebody edited in between. The text that was sent, under the etag of its write, makes the
        // next pull see that edit as what it is. Without an etag only the content can tell.
        var ours = own.Etag is not null ? Opaque(own.Etag) == Opaque(there.Etag) : ContentHash.Of(there.Event) == ContentHash.Of(sent.Event);
        return ours ? there : sent;
    }

    // A weak etag and its strong form are one version for this question (RFC 9110, 8.8.3.2).
    private static string? Opaque(string? etag) => etag is not null && etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag;

    private abstract record Outcome
    {
        private Outcome()
        {
        }

        /// <summary>Nothing more to find out.</summary>
        public sealed record Done(WriteResult Result) : Outcome;

        /// <summary>The server took it; what it made of it is read afterwards.</summary>
        public sealed record Written(string Path, string Payload, string? Etag) : Outcome;
    }
}
