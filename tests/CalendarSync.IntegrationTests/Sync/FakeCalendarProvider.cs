using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>
/// A calendar server in memory that keeps its promises (etags, conditional writes, a change feed with tombstones) until a knob tells it
/// not to. It knows more about an event than Rowan does, so loss shows.
/// </summary>
internal sealed class FakeCalendarProvider : ICalendarProvider
{
    public const string Calendar = "/calendars/family/";

    private readonly Lock _lock = new();
    private readonly List<RemoteCalendar> _calendars = [new(Calendar, "Family", Primary: true)];
    private readonly Dictionary<string, Stored> _events = [];
    private readonly List<(long Version, string Id)> _feed = [];
    private long _version;
    private long _oldestCursor;

    public CalendarProvider Provider => CalendarProvider.Apple;

    public ProviderCapabilities Capabilities { get; } = new() { FloatingTime = true, ConditionalWrites = true, MaxBatch = 50 };

    /// <summary>Called before each write; what it throws reaches the caller and nothing has happened.</summary>
    public Func<WriteOperation, Task> BeforeWrite { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called after each write took effect; what it throws reaches the caller instead of the answer.</summary>
    public Func<WriteOperation, Task> AfterWrite { get; set; } = _ => Task.CompletedTask;

    /// <summary>Replaces the answer of a write, which then does not happen.</summary>
    public Func<WriteOperation, WriteResult?> AnswerInstead { get; set; } = _ => null;

    /// <summary>Called before each page of a pull, with its number.</summary>
    public Func<int, Task> BeforePage { get; set; } = _ => Task.CompletedTask;

    /// <summary>Ids that cannot be read.</summary>
    public HashSet<string> Unreadable { get; } = [];

    /// <summary>Calendars that cannot be read now.</summary>
    public HashSet<string> Broken { get; } = [];

    public int PageSize { get; set; } = 50;

    /// <summary>The one that is accepted; <c>null</c> lets everybody in.</summary>
    public string? Password { get; set; }

    /// <summary>A server that says no version of anything, and cannot be asked to write on condition.</summary>
    public bool HasNoEtags { get; set; }

    /// <summary>When every event was last changed; a server that does not say so by default.</summary>
    public Instant? LastModified { get; set; }

    /// <summary>Writes that changed something, for "quiet at the end".</summary>
    public int Writes { get; private set; }

    public int Pulls { get; private set; }

    /// <summary>As whom the last pull came.</summary>
    public ProviderAccount? LastAccount { get; private set; }

    public IReadOnlyDictionary<string, Stored> Events
    {
        get
        {
            lock (_lock)
            {
                return _events.ToDictionary();
            }
        }
    }

    /// <summary>Somebody adds a calendar, or changes one of the same id. The ids of its events begin with its own.</summary>
    public void SetCalendar(RemoteCalendar calendar)
    {
        lock (_lock)
        {
            _calendars.RemoveAll(c => c.Id == calendar.Id);
            _calendars.Add(calendar);
        }
    }

    /// <summary>Somebody deletes a calendar, and what is in it.</summary>
    public void RemoveCalendar(string calendarId)
    {
        lock (_lock)
        {
            _calendars.RemoveAll(c => c.Id == calendarId);
            foreach (var id in _events.Keys.Where(id => IsIn(id, calendarId)).ToList())
            {
                _events.Remove(id);
                _feed.Add((++_version, id));
            }
        }
    }

    /// <summary>Somebody writes to the calendar with another program.</summary>
    public string Put(
        string title, string start = "2030-05-01T10:00:00", string? id = null, string? uid = null, SpaceId? writtenFor = null, string? location = null, string? rule = null,
        string calendar = Calendar)
    {
        var local = LocalDateTimePattern.GeneralIso.Parse(start).Value;
        var content = new EventContent(
            title, null, location, new EventTime.Zoned(local, "Europe/Berlin"), new EventTime.Zoned(local.PlusHours(1), "Europe/Berlin"));
        id ??= calendar + Guid.NewGuid().ToString("N") + ".ics";
        lock (_lock)
        {
            var known = _events.GetValueOrDefault(id);
            var version = ++_version;
            _events[id] = new Stored(uid ?? known?.Uid ?? Guid.NewGuid().ToString(), version, content, known?.Alarm ?? "15 minutes before", writtenFor, rule);
            _feed.Add((version, id));
        }

        return id;
    }

    /// <summary>An event that is gone is there again as it was: a write that had been on its way for long arrives.</summary>
    public void PutBack(string id, Stored stored)
    {
        lock (_lock)
        {
            _events[id] = stored with { Version = ++_version };
            _feed.Add((_version, id));
        }
    }

    /// <summary>Somebody changes an event.</summary>
    public void Edit(string id, Func<EventContent, EventContent> edit)
    {
        lock (_lock)
        {
            var version = ++_version;
            _events[id] = _events[id] with { Version = version, Content = edit(_events[id].Content) };
            _feed.Add((version, id));
        }
    }

    /// <summary>Somebody changes what Rowan does not know.</summary>
    public void SetAlarm(string id, string alarm)
    {
        lock (_lock)
        {
            var version = ++_version;
            _events[id] = _events[id] with { Version = version, Alarm = alarm };
            _feed.Add((version, id));
        }
    }

    /// <summary>Somebody deletes an event.</summary>
    public void Remove(string id)
    {
        lock (_lock)
        {
            _events.Remove(id);
            _feed.Add((++_version, id));
        }
    }

    /// <summary>Cursors up to now are forgotten.</summary>
    public void ExpireCursors()
    {
        lock (_lock)
        {
            _oldestCursor = ++_version;
        }
    }

    /// <summary>Called before the list of calendars is given.</summary>
    public Func<Task> BeforeList { get; set; } = () => Task.CompletedTask;

    public int Lists { get; private set; }

    /// <summary>The list is empty, without an error, as some servers answer when they are not well.</summary>
    public bool ListsNothing { get; set; }

    public async Task<ImmutableArray<RemoteCalendar>> ListCalendarsAsync(ProviderAccount account, CancellationToken cancellationToken)
    {
        Lists++;
        await AuthenticateAsync(account, cancellationToken);
        await BeforeList();
        lock (_lock)
        {
            return ListsNothing ? [] : [.. _calendars];
        }
    }

    public async IAsyncEnumerable<ChangePage> PullAsync(
        ProviderAccount account, PullRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Pulls++;
        LastAccount = account;
        await AuthenticateAsync(account, cancellationToken);
        if (Broken.Contains(request.CalendarId))
        {
            throw new ProviderException(ProviderFault.Transient, "connection_lost", "The connection was lost.");
        }

        var known = request.Cursor is null ? await request.ReadKnownAsync(cancellationToken) : null;
        List<RemoteChange> changes;
        List<string> unchanged = [];
        string next;
        lock (_lock)
        {
            ThrowIfGone(request.CalendarId);
            next = _version.ToString(CultureInfo.InvariantCulture);
            if (request.Cursor is null)
            {
                unchanged = [.. _events.Where(e => IsIn(e.Key, request.CalendarId) && known!.TryGetValue(e.Key, out var etag) && etag is not null && etag == Etag(e.Value)).Select(e => e.Key)];
                changes = [.. _events.Keys.Where(id => IsIn(id, request.CalendarId)).Except(unchanged).Select(Read)];
            }
            else
            {
                var since = long.Parse(request.Cursor, CultureInfo.InvariantCulture);
                if (since < _oldestCursor)
                {
                    throw new ProviderException(ProviderFault.CursorExpired, "cursor_expired", "The position in the change feed is not known any more.");
                }

                changes = [.. _feed.Where(f => f.Version > since && IsIn(f.Id, request.CalendarId)).Select(f => f.Id).Distinct().Select(Read)];
            }
        }

        // What the caller holds already, such as its own writes, is not read again.
        if (known is null && changes.Count > 0)
        {
            known = await request.ReadKnownAsync(cancellationToken);
            unchanged = [.. changes.OfType<RemoteChange.Present>().Where(c => c.Etag is not null && known.TryGetValue(c.ExternalId, out var held) && held == c.Etag).Select(c => c.ExternalId)];
            changes.RemoveAll(c => unchanged.Contains(c.ExternalId));
        }

        var pages = changes.Chunk(PageSize).DefaultIfEmpty([]).ToList();
        for (var number = 0; number < pages.Count; number++)
        {
            await BeforePage(number);
            yield return new ChangePage(
                [.. pages[number]], number == 0 ? [.. unchanged] : [], request.Cursor is null, number == pages.Count - 1 ? next : null);
        }
    }

    public Task<ImmutableArray<RemoteChange>> FetchAsync(
        ProviderAccount account, string calendarId, IReadOnlyCollection<string> eventIds, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ThrowIfGone(calendarId);
            return Task.FromResult<ImmutableArray<RemoteChange>>([.. eventIds.Select(Read)]);
        }
    }

    public CalendarEvent ReadPayload(string payload, DateTimeZone defaultZone) => new(JsonSerializer.Deserialize<Wire>(payload)!.ToContent());

    public string ExternalIdOf(string calendarId, EventIdentity identity) => calendarId + identity.Uid + ".ics";

    public async Task<ImmutableArray<WriteResult>> PushAsync(
        ProviderAccount account, string calendarId, IReadOnlyList<WriteOperation> operations, CancellationToken cancellationToken)
    {
        await AuthenticateAsync(account, cancellationToken);
        var results = ImmutableArray.CreateBuilder<WriteResult>();
        foreach (var operation in operations)
        {
            await BeforeWrite(operation);
            if (AnswerInstead(operation) is { } answer)
            {
                results.Add(answer);
                continue;
            }

            lock (_lock)
            {
                results.Add(operation switch
                {
                    _ when _calendars.All(c => c.Id != calendarId) => new WriteResult.Failed("calendar_gone", "This calendar does not exist any more."),
                    _ when _calendars.Any(c => c.Id == calendarId && c.ReadOnly) => new WriteResult.Rejected("read_only", "This calendar does not allow the change."),
                    WriteOperation.Create create => Create(calendarId, account.SpaceId, create),
                    WriteOperation.Update update => Update(update),
                    WriteOperation.Delete delete => Delete(delete),
                    _ => throw new InvalidOperationException(),
                });
            }

            await AfterWrite(operation);
        }

        return results.ToImmutable();
    }

    private static bool IsIn(string id, string calendarId) => id.StartsWith(calendarId, StringComparison.Ordinal);

    private async Task AuthenticateAsync(ProviderAccount account, CancellationToken cancellationToken)
    {
        if (Password is not null && await account.ReadSecretAsync(SecretKind.AppSpecificPassword, cancellationToken) != Password)
        {
            throw new ProviderException(ProviderFault.AuthExpired, "invalid_credentials", "The calendar server does not accept this user name and password.");
        }
    }

    private void ThrowIfGone(string calendarId)
    {
        if (_calendars.All(c => c.Id != calendarId))
        {
            throw new ProviderException(ProviderFault.Gone, "calendar_gone", "This calendar does not exist any more.");
        }
    }

    private WriteResult.Stored Create(string calendarId, SpaceId space, WriteOperation.Create create)
    {
        var id = ExternalIdOf(calendarId, create.Identity);
        if (_events.ContainsKey(id))
        {
            return new WriteResult.Stored((RemoteChange.Present)Read(id), Adopted: true);
        }

        var alarm = create.BasePayload is { } payload ? JsonSerializer.Deserialize<Wire>(payload)!.Alarm : "none";
        Store(id, new Stored(create.Identity.Uid, 0, create.Event.Content, alarm, space, null));
        return new WriteResult.Stored((RemoteChange.Present)Read(id));
    }

    private WriteResult Update(WriteOperation.Update update)
    {
        if (!_events.TryGetValue(update.ExternalId, out var stored))
        {
            return new WriteResult.Gone();
        }

        if (Etag(stored) != update.Etag)
        {
            return new WriteResult.VersionConflict();
        }

        var payload = JsonSerializer.Deserialize<Wire>(update.BasePayload)!;
        Store(update.ExternalId, stored with { Content = update.Event.Content, Alarm = payload.Alarm });
        return new WriteResult.Stored((RemoteChange.Present)Read(update.ExternalId));
    }

    private WriteResult Delete(WriteOperation.Delete delete)
    {
        if (!_events.TryGetValue(delete.ExternalId, out var stored))
        {
            return new WriteResult.Deleted();
        }

        if (Etag(stored) != delete.Etag)
        {
            return new WriteResult.VersionConflict();
        }

        _events.Remove(delete.ExternalId);
        _feed.Add((++_version, delete.ExternalId));
        Writes++;
        return new WriteResult.Deleted();
    }

    private void Store(string id, Stored stored)
    {
        Writes++;
        _events[id] = stored with { Version = ++_version };
        _feed.Add((_version, id));
    }

    private RemoteChange Read(string id)
    {
        if (!_events.TryGetValue(id, out var stored))
        {
            return new RemoteChange.Deleted(id);
        }

        if (Unreadable.Contains(id))
        {
            return new RemoteChange.Unreadable(id, Etag(stored), "unreadable_event", "This event cannot be read.");
        }

        var recurrence = stored.Rule is null ? null : new Recurrence([stored.Rule], [], []);
        return new RemoteChange.Present(id, stored.Uid, Etag(stored), JsonSerializer.Serialize(Wire.From(stored)), new CalendarEvent(stored.Content, recurrence, []))
        {
            WrittenFor = stored.WrittenFor,
            LastModified = LastModified,
        };
    }

    private string? Etag(Stored stored) => HasNoEtags ? null : $"\"{stored.Version}\"";

    internal sealed record Stored(string Uid, long Version, EventContent Content, string Alarm, SpaceId? WrittenFor, string? Rule);

    private sealed record Wire(string Title, string? Description, string? Location, string Start, string End, string Alarm)
    {
        public static Wire From(Stored stored) => new(
            stored.Content.Title, stored.Content.Description, stored.Content.Location, Format(stored.Content.Start), Format(stored.Content.End), stored.Alarm);

        public EventContent ToContent() => new(Title, Description, Location, Parse(Start), Parse(End));

        private static string Format(EventTime time) => time switch
        {
            EventTime.AllDay day => "d " + LocalDatePattern.Iso.Format(day.Date),
            EventTime.Floating floating => "f " + LocalDateTimePattern.GeneralIso.Format(floating.Local),
            EventTime.Zoned zoned => zoned.ZoneId + " " + LocalDateTimePattern.GeneralIso.Format(zoned.Local),
            _ => throw new InvalidOperationException(),
        };

        private static EventTime Parse(string text) => text.Split(' ') switch
        {
            ["d", var day] => new EventTime.AllDay(LocalDatePattern.Iso.Parse(day).Value),
            ["f", var local] => new EventTime.Floating(LocalDateTimePattern.GeneralIso.Parse(local).Value),
            [var zone, var local] => new EventTime.Zoned(LocalDateTimePattern.GeneralIso.Parse(local).Value, zone),
            _ => throw new FormatException(text),
        };
    }
}
