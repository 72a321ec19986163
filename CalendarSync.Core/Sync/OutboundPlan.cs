using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Queue;
using CalendarSync.Core.Sync.Planning;
using NodaTime;

namespace CalendarSync.Core.Sync;

/// <summary>A write that is about to go out, with what is to be remembered when it has arrived.</summary>
/// <param name="Item">The queue item that it answers.</param>
/// <param name="Mapping">The base after success, but for what the provider says; of a delete the base before.</param>
/// <param name="Title">For the list of errors.</param>
/// <param name="Operation">The write.</param>
internal sealed record OutboundWrite(QueueItem Item, MappingRow Mapping, string? Title, WriteOperation Operation)
{
    /// <summary>What is written down before it is sent, so that it is recognised should its answer be lost; <c>null</c> where nothing is left to recognise.</summary>
    public MappingRow? Intention { get; init; }

    public string OperationName => Operation switch
    {
        WriteOperation.Create => "create",
        WriteOperation.Delete => "delete",
        _ => "update",
    };
}

/// <summary>What a batch of queue items asks for. No I/O.</summary>
internal sealed class OutboundPlan
{
    private readonly SyncPass _pass;

    private OutboundPlan(SyncPass pass) => _pass = pass;

    /// <summary>Items whose counterpart was read in this pass already: what the server did not say then, it does not say.</summary>
    private HashSet<Guid> Looked { get; init; } = [];

    /// <summary>See <see cref="ConflictStore.LoadPayloadsAsync"/>.</summary>
    private IReadOnlyDictionary<Guid, string> Payloads { get; init; } = new Dictionary<Guid, string>();

    /// <summary>Items that need no request: both sides are equal, or the event is not to be synced.</summary>
    public List<QueueItem> Done { get; } = [];

    /// <summary>Items that cannot go out as they are.</summary>
    public List<(QueueItem Item, ItemErrorRow Error)> Parked { get; } = [];

    /// <summary>Writes, in the order of the queue.</summary>
    public List<OutboundWrite> Writes { get; } = [];

    /// <summary>Creates whose outcome is not known: what is there has to be read before anything else happens to them.</summary>
    public List<(QueueItem Item, MappingRow Mapping)> Uncertain { get; } = [];

    /// <summary>Mappings about whose deletion nobody has to decide any more: the event is back in Rowan.</summary>
    public List<Guid> Released { get; } = [];

    /// <summary>Mappings that were hidden, of events that are back in Rowan.</summary>
    public List<Guid> Revived { get; } = [];

    /// <summary>
    /// A create of an event that came from another calendar, or back from the trash. It may be in this one already (two members who share a
    /// calendar), so the calendars have to be read before it is decided.
    /// </summary>
    public bool NeedsPullFirst { get; private set; }

    public static OutboundPlan Empty(SyncPass pass) => new(pass);

    public static OutboundPlan For(
        SyncPass pass,
        IReadOnlyList<QueueItem> items,
        IReadOnlyDictionary<Guid, MappingRow> mappings,
        IReadOnlyDictionary<Guid, RowanEventRow> rows,
        IReadOnlyDictionary<Guid, string> payloads,
        HashSet<Guid> looked)
    {
        var plan = new OutboundPlan(pass) { Looked = looked, Payloads = payloads };
        foreach (var item in items)
        {
            var row = rows.GetValueOrDefault(item.EventId);

            // An event that moved to another space is gone from this one.
            plan.Add(item, row?.SpaceId == pass.Lease.SpaceId.Value ? row : null, mappings.GetValueOrDefault(item.EventId));
        }

        return plan;
    }

    /// <summary>Deletions were taken out of this plan.</summary>
    public bool HasWithheld { get; private set; }

    /// <summary>Takes out the writes that delete these pairs; their items have done what they can.</summary>
    public void Withhold(IReadOnlySet<Guid> mappings)
    {
        HasWithheld = true;
        Done.AddRange(Writes.Where(w => w.Operation is WriteOperation.Delete && mappings.Contains(w.Mapping.Id)).Select(w => w.Item));
        Writes.RemoveAll(w => w.Operation is WriteOperation.Delete && mappings.Contains(w.Mapping.Id));
    }

    private void Add(QueueItem item, RowanEventRow? row, MappingRow? mapping)
    {
        if (mapping?.State == MappingStates.Creating)
        {
            Uncertain.Add((item, mapping));
            return;
        }

        if (mapping is not null && CalendarOf(mapping) is null)
        {
            // Its calendar is not synced, or gone from the account. The event is still there, so it is no new one for another calendar; when
            // its calendar is synced again, both sides are compared with the base.
            Done.Add(item);
            return;
        }

        if (mapping?.State == MappingStates.Hidden)
        {
            if (row is null or { DeletedAt: not null })
            {
                // Deleted in Rowan while nothing went out, so kept outside. It stays so, whatever the direction is now.
                Done.Add(item);
                return;
            }

            Revived.Add(mapping.Id);
        }

        if (row is { DeletedAt: null, IsRecurring: true } && !_pass.Capabilities.Series)
        {
            Park(item, row.Title, mapping is null ? "create" : "update", "series_not_supported", "Repeating events are not synced yet. This one stays in Rowan only.");
            return;
        }

        if (mapping?.State == MappingStates.HeldInbound && row is { DeletedAt: null })
        {
            // It is gone outside, and somebody has to decide what becomes of it. What it says now is what that decision finds.
            Done.Add(item);
            return;
        }

        if (mapping?.State == MappingStates.HeldOutbound)
        {
            if (row is null or { DeletedAt: not null })
            {
                Done.Add(item);
                return;
            }

            Released.Add(mapping.Id);
        }

        var etag = row is null ? null : _pass.RowanEtag(row);
        var rowan = row is null or { DeletedAt: not null }
            ? SideState.Deleted
            : mapping is null || etag != mapping.RowanEtag ? SideState.Changed : SideState.Unchanged;

        // The external side counts as unchanged until the provider refuses the base version: that is what If-Match is for.
        var external = mapping is null ? SideState.Absent : SideState.Unchanged;
        switch (SyncPlanner.Decide(new Pair(rowan, external, _pass.Lease.Direction)))
        {
            case SyncAction.Nothing when row is { DeletedAt: null } && mapping is not null && row.SyncGeneration > mapping.Generation && !Looked.Contains(item.Id):
                // Back from the trash, and nothing to write; but what became of its counterpart meanwhile is not known.
                Uncertain.Add((item, mapping));
                break;
            case SyncAction.Nothing or SyncAction.ForgetMapping or SyncAction.Hide:
                Done.Add(item);
                break;
            case SyncAction.CreateOutside:
                AddCreate(item, row!, etag!);
                break;
            case SyncAction.PushToExternal:
                AddUpdate(item, row!, etag!, mapping!);
                break;
            case SyncAction.DeleteOutside:
                AddDelete(item, row?.Title, mapping!);
                break;
            case var action:
                throw new InvalidOperationException($"{action} cannot follow from an edit in Rowan.");
        }
    }

    private void AddCreate(QueueItem item, RowanEventRow row, string etag)
    {
        if (row.EventType is { } type && _pass.Lease.ExcludedEventTypes.Contains(type, StringComparer.Ordinal))
        {
            // It was queued before its type was excluded.
            Done.Add(item);
            return;
        }

        if ((row.IcalUid is not null || row.SyncGeneration > 0) && !_pass.Pulled)
        {
            NeedsPullFirst = true;
            return;
        }

        if (_pass.Calendars.FirstOrDefault(c => c is { IsTarget: true, ReadOnly: false }) is not { } target)
        {
            Park(item, row.Title, "create", "no_writable_calendar", "No calendar of this account can be written to, so the event stays in Rowan only.");
            return;
        }

        var identity = new EventIdentity(new RowanEventId(row.Id), row.SyncGeneration);
        var payload = Payloads.GetValueOrDefault(row.Id);
        var calendarEvent = payload is null ? _pass.Read(row) : Edit(row, payload, _pass.ZoneOf(target.ExternalCalendarId));
        var mapping = new MappingRow
        {
            Id = Guid.CreateVersion7(),
            RowanEventId = row.Id,
            ExternalCalendarId = target.ExternalCalendarId,
            ExternalEventId = _pass.Provider.ExternalIdOf(target.ExternalCalendarId, identity) ?? identity.Uid,
            IcalUid = identity.Uid,
            RowanEtag = etag,
            ExternalHash = ContentHash.Of(_pass.Capabilities.Project(calendarEvent)).Value,
            Generation = row.SyncGeneration,
            Origin = "exported",
            State = MappingStates.Creating,
        };
        Writes.Add(new OutboundWrite(item, mapping, row.Title, new WriteOperation.Create(identity, calendarEvent, payload)) { Intention = mapping });
    }

    private void AddUpdate(QueueItem item, RowanEventRow row, string etag, MappingRow mapping)
    {
        if (IsReadOnly(mapping))
        {
            Park(item, row.Title, "update", "read_only", "This calendar is read-only, so your change stays in Rowan only.");
            return;
        }

        if (mapping.ExternalPayload is not { } payload || LacksVersion(item, mapping))
        {
            // A base without its payload cannot be edited without loss: read what is there first.
            Uncertain.Add((item, mapping));
            return;
        }

        var after = Edit(row, payload, _pass.ZoneOf(mapping.ExternalCalendarId));
        Writes.Add(new OutboundWrite(
            item,
            mapping with { RowanEtag = etag, SentHash = null, SentEtag = null, Generation = row.SyncGeneration },
            row.Title,
            new WriteOperation.Update(mapping.ExternalEventId, mapping.ExternalEtag, payload, after))
        {
            Intention = mapping with { SentHash = ContentHash.Of(_pass.Capabilities.Project(after)).Value, SentEtag = etag },
        });
    }

    /// <summary>What a payload is to say after Rowan's edit of it.</summary>
    private CalendarEvent Edit(RowanEventRow row, string payload, DateTimeZone zone)
    {
        var external = _pass.Provider.ReadPayload(payload, zone);
        var before = _pass.Read(RowanEventMapper.Write(row, _pass.Capabilities.Project(external), zone, _pass.Capabilities.Color));
        return FieldMerge.Onto(external, before, _pass.Read(row));
    }

    private void AddDelete(QueueItem item, string? title, MappingRow mapping)
    {
        if (IsReadOnly(mapping))
        {
            Park(item, title, "delete", "read_only", "This calendar is read-only, so the event was deleted in Rowan only.", mapping.RowanEventId);
            return;
        }

        if (LacksVersion(item, mapping))
        {
            Uncertain.Add((item, mapping));
            return;
        }

        Writes.Add(new OutboundWrite(item, mapping, title, new WriteOperation.Delete(mapping.ExternalEventId, mapping.ExternalEtag)));
    }

    // A write without its version would overwrite whatever somebody wrote meanwhile. A server that has none leaves no other way.
    private bool LacksVersion(QueueItem item, MappingRow mapping) =>
        mapping.ExternalEtag is null && _pass.Capabilities.ConditionalWrites && !Looked.Contains(item.Id);

    private bool IsReadOnly(MappingRow mapping) => CalendarOf(mapping) is { ReadOnly: true };

    private ConnectionCalendarRow? CalendarOf(MappingRow mapping) =>
        _pass.Calendars.FirstOrDefault(c => c.ExternalCalendarId == mapping.ExternalCalendarId);

    private void Park(QueueItem item, string? title, string operation, string code, string message, Guid? eventId = null) =>
        Parked.Add((item, Error(eventId ?? item.EventId, title, operation, code, message)));

    public static ItemErrorRow Error(Guid eventId, string? title, string operation, string code, string message) => new()
    {
        Direction = "outbound",
        Operation = operation,
        RowanEventId = eventId,
        Title = title,
        Code = code,
        Message = message,
    };
}
