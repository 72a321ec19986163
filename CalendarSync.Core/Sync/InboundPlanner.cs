using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Sync.Planning;
using NodaTime;

namespace CalendarSync.Core.Sync;

/// <summary>What the database holds about a page of external changes, read under the locks of the page's transaction.</summary>
/// <param name="Mappings">Bases of the page's events.</param>
/// <param name="Rows">Rows in Rowan of those bases, by id.</param>
/// <param name="Candidates">Rows without a base that an unknown event may be, by id.</param>
/// <param name="Siblings">Bases of the same events in other connections of the space, by Rowan id.</param>
/// <param name="Mapped">Rows that the page's unknown events were written from, and that have another counterpart in this connection.</param>
internal sealed record InboundState(
    IReadOnlyList<MappingRow> Mappings,
    IReadOnlyDictionary<Guid, RowanEventRow> Rows,
    IReadOnlyDictionary<Guid, RowanEventRow> Candidates,
    ILookup<Guid, MappingStore.SiblingBase> Siblings,
    IReadOnlySet<Guid> Mapped);

/// <summary>Turns a page of external changes into what the database is to hold. No I/O: everything it needs has been read.</summary>
internal sealed class InboundPlanner
{
    private readonly SyncPass _pass;
    private readonly string _calendarId;
    private readonly InboundState _state;
    private readonly Duration _sameEditWindow;
    private readonly bool _moves;
    private readonly DateTimeZone _zone;
    private readonly Dictionary<string, MappingRow> _byId;
    private readonly ILookup<string, MappingRow> _byUid;
    private readonly EventMatcher _matcher;
    private readonly InboundPlan _plan = new();

    private InboundPlanner(SyncPass pass, string calendarId, InboundState state, Duration sameEditWindow, bool moves)
    {
        _pass = pass;
        _calendarId = calendarId;
        _state = state;
        _sameEditWindow = sameEditWindow;
        _moves = moves;
        _zone = pass.ZoneOf(calendarId);
        _byId = state.Mappings.Where(m => m.ExternalCalendarId == calendarId).ToDictionary(m => m.ExternalEventId, StringComparer.Ordinal);
        _byUid = state.Mappings.Where(m => m.IcalUid is not null).ToLookup(m => m.IcalUid!, StringComparer.Ordinal);
        _matcher = new EventMatcher(
            [.. state.Candidates.Values.OrderBy(row => row.DeletedAt is not null).Select(row => new EventMatcher.Candidate(new RowanEventId(row.Id), row.SyncGeneration, row.IcalUid, pass.Read(row)))]);
    }

    /// <param name="pass">The pass.</param>
    /// <param name="calendarId">Where the changes are from.</param>
    /// <param name="state">What the database holds about them.</param>
    /// <param name="changes">A page.</param>
    /// <param name="sameEditWindow">See <see cref="ConflictPolicy"/>.</param>
    /// <param name="moves">The events have come here from another calendar of the account, where they are gone.</param>
    public static InboundPlan Plan(
        SyncPass pass, string calendarId, InboundState state, IReadOnlyCollection<RemoteChange> changes, Duration sameEditWindow, bool moves)
    {
        var planner = new InboundPlanner(pass, calendarId, state, sameEditWindow, moves);
        var present = changes.OfType<RemoteChange.Present>().Select(p => p.ExternalId).ToHashSet(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            planner.Add(change, present);
        }

        return planner._plan;
    }

    private void Add(RemoteChange change, HashSet<string> present)
    {
        switch (change)
        {
            case RemoteChange.Present external:
                AddPresent(external, present);
                break;
            case RemoteChange.Deleted:
                _plan.Settled.Add(change.ExternalId);
                if (_byId.TryGetValue(change.ExternalId, out var mapping))
                {
                    AddDeleted(mapping);
                }

                break;
            case RemoteChange.Unreadable unreadable:
                _plan.Errors.Add(Park(unreadable.ExternalId, unreadable.Etag, title: null, unreadable.Code, unreadable.Message));
                break;
        }
    }

    private void AddPresent(RemoteChange.Present external, HashSet<string> present)
    {
        if (external.Event.IsSeries && !_pass.Capabilities.Series)
        {
            _plan.Errors.Add(Park(
                external.ExternalId,
                external.Etag,
                external.Event.Content.Title,
                "series_not_supported",
                "Repeating events are not synced yet. This one was left as it is in your calendar."));
            return;
        }

        _plan.Settled.Add(external.ExternalId);

        // Some servers give an event a new id (scenario 57): its UID still tells, unless the old id is there too.
        var mapping = _byId.GetValueOrDefault(external.ExternalId)
            ?? _byUid[external.Uid].FirstOrDefault(m => m.ExternalCalendarId == _calendarId && !present.Contains(m.ExternalEventId));
        var elsewhere = mapping is null ? _byUid[external.Uid].FirstOrDefault(m => m.ExternalCalendarId != _calendarId) : null;
        if (mapping is not null || (elsewhere is not null && _moves))
        {
            AddKnown(external, (mapping ?? elsewhere)!);
        }
        else if (elsewhere is not null)
        {
            // A copy, or the event after a move: whether it is gone from where we know it is not known before all calendars are read.
            _plan.Copies.Add(new EventCopy { CalendarId = _calendarId, EventId = external.ExternalId, Uid = external.Uid });
        }
        else
        {
            AddUnknown(external);
        }
    }

    private void AddKnown(RemoteChange.Present external, MappingRow mapping)
    {
        var row = _state.Rows.GetValueOrDefault(mapping.RowanEventId) is { } found && found.SpaceId == _pass.Lease.SpaceId.Value ? found : null;
        var content = _pass.Capabilities.Project(external.Event);
        var hash = ContentHash.Of(content).Value;
        if (OwnWrite(external, hash, mapping) is { } agreed)
        {
            // Nobody edited this event outside: it says what one of us has written, and both sides agreed on that.
            mapping = mapping with { RowanEtag = agreed, ExternalHash = hash };
        }

        var unchanged = hash == mapping.ExternalHash
            || (external.Etag is not null && external.Etag == mapping.ExternalEtag && mapping.ExternalCalendarId == _calendarId);
        var applied = Apply(row ?? Blank(mapping.RowanEventId), external, content);
        var rowanEtag = row is null ? null : _pass.RowanEtag(row);
        var appliedEtag = _pass.RowanEtag(applied);
        var action = SyncPlanner.Decide(new Pair(
            StateOf(row, rowanEtag, mapping),
            unchanged ? SideState.Unchanged : SideState.Changed,
            _pass.Lease.Direction,
            SameContent: rowanEtag == appliedEtag,
            SameMoment: ConflictPolicy.IsSameMoment(row?.UpdatedAt, external.LastModified, _sameEditWindow)));

        // Both sides of the base are of this moment, or only the external one: an alarm that changed is no edit, but it is in the payload.
        var externalSide = mapping with
        {
            ExternalCalendarId = _calendarId,
            ExternalEventId = external.ExternalId,
            IcalUid = external.Uid,
            ExternalHash = hash,
            ExternalEtag = external.Etag,
            ExternalPayload = external.Payload,

            // A push that is still on its way arrives only where its version is: then what it brings is ours.
            SentHash = external.Etag == mapping.ExternalEtag ? mapping.SentHash : null,
            SentEtag = external.Etag == mapping.ExternalEtag ? mapping.SentEtag : null,
            Generation = row is { DeletedAt: null } ? row.SyncGeneration : mapping.Generation,
            State = row is null or { DeletedAt: not null } && mapping.State is MappingStates.Hidden or MappingStates.HeldOutbound ? mapping.State : MappingStates.Active,
        };
        switch (action)
        {
            case SyncAction.Nothing:
                if (unchanged && externalSide != mapping)
                {
                    _plan.Mappings.Add(externalSide);
                }

                break;
            case SyncAction.DeleteOutside when mapping.State is MappingStates.HeldOutbound or MappingStates.Hidden:
                // Somebody has to decide first; or it was deleted in Rowan while nothing went out, and so it is kept outside.
                if (externalSide != mapping)
                {
                    _plan.Mappings.Add(externalSide);
                }

                return;
            case SyncAction.PushToExternal or SyncAction.DeleteOutside:
                _plan.Mappings.Add(externalSide);
                _plan.Enqueue.Add(mapping.RowanEventId);
                break;
            case SyncAction.MoveBase:
                _plan.Mappings.Add(externalSide with { RowanEtag = appliedEtag });
                break;
            case SyncAction.ApplyToRowan:
                _plan.Updates.Add(applied);
                _plan.Mappings.Add(externalSide with { RowanEtag = appliedEtag });
                break;
            case SyncAction.ConflictExternalWins or SyncAction.SameEditExternalWins:
                _plan.Conflicts.Add(action == SyncAction.SameEditExternalWins
                    ? Conflict(ConflictKinds.SameEdit, mapping.Id, row!, applied, external) with { Notes = ConflictKinds.SameEdit }
                    : Conflict(ConflictKinds.BothChanged, mapping.Id, row!, applied, external));
                _plan.Updates.Add(applied);
                _plan.Mappings.Add(externalSide with { RowanEtag = appliedEtag });
                break;
            case SyncAction.ConflictRestoreInRowan:
                Restore(mapping, externalSide with { RowanEtag = appliedEtag, State = MappingStates.Active }, row, applied, external);
                break;
            case SyncAction.ConflictRowanWins:
                _plan.Conflicts.Add(RowanWins(row is { DeletedAt: null }
                    ? Conflict(ConflictKinds.BothChanged, mapping.Id, row, applied, external)
                    : Conflict(ConflictKinds.DeletedInRowan, mapping.Id, row ?? applied, applied, external)));
                _plan.Mappings.Add(externalSide);
                _plan.Enqueue.Add(mapping.RowanEventId);
                break;
            case SyncAction.Hide:
                _plan.Mappings.Add(externalSide with { State = MappingStates.Hidden });
                break;
            default:
                throw new InvalidOperationException($"{action} cannot follow from an event that exists.");
        }

        if (mapping.State is MappingStates.HeldInbound or MappingStates.HeldOutbound)
        {
            _plan.Released.Add(mapping.Id);
        }
    }

    /// <summary>
    /// The Rowan side of a version that was written by a push of ours whose answer was lost, or by another member's connection to the same
    /// calendar: the version that it holds, or was about to write over the one that we hold.
    /// </summary>
    private string? OwnWrite(RemoteChange.Present external, string hash, MappingRow mapping) =>
        mapping.SentHash == hash ? mapping.SentEtag : _state.Siblings[mapping.RowanEventId].Select(sibling => sibling switch
        {
            _ when sibling.ExternalHash == hash && (mapping.State == MappingStates.Creating || (external.Etag is not null && sibling.ExternalEtag == external.Etag)) => sibling.RowanEtag,
            _ when sibling.SentHash == hash && sibling.ExternalEtag == mapping.ExternalEtag => sibling.SentEtag,
            _ => null,
        }).FirstOrDefault(etag => etag is not null);

    private void Restore(MappingRow mapping, MappingRow restored, RowanEventRow? row, RowanEventRow applied, RemoteChange.Present external)
    {
        // The row was purged, or moved to another space: there it keeps its id, so this one gets a new one.
        var id = row is null && _state.Rows.ContainsKey(mapping.RowanEventId) ? Guid.CreateVersion7() : mapping.RowanEventId;
        _plan.Conflicts.Add(Conflict(ConflictKinds.DeletedInRowan, mapping.Id, row ?? applied with { Id = id }, applied, external));
        if (row is not null)
        {
            _plan.Updates.Add(applied);
            _plan.Mappings.Add(restored with { Generation = LifeOf(row) });
            return;
        }

        _plan.Inserts.Add(applied with { Id = id });
        _plan.Mappings.Add(restored with { RowanEventId = id, Generation = 0 });
    }

    private void AddUnknown(RemoteChange.Present external)
    {
        if (external.WrittenFor is { } space && space != _pass.Lease.SpaceId)
        {
            // Another space syncs the same calendar: these are its events.
            return;
        }

        if (EventIdentity.Parse(external.Uid) is { } identity && _state.Mapped.Contains(identity.EventId.Value))
        {
            // Two members share this calendar, and the other's connection wrote one of our events into it, which has its counterpart of
            // ours already. As an event of its own it would go out again, come back again, and never end.
            return;
        }

        var content = _pass.Capabilities.Project(external.Event);
        var fresh = Apply(Blank(Guid.CreateVersion7()), external, content);
        if (_matcher.Take(external.Uid, _pass.Read(fresh)) is { } match)
        {
            Link(_state.Candidates[match.Id.Value], external, content);
        }
        else if (SyncPlanner.Decide(new Pair(SideState.Absent, SideState.Changed, _pass.Lease.Direction)) == SyncAction.Import)
        {
            _plan.Inserts.Add(fresh);
            _plan.Mappings.Add(NewMapping(fresh, external, content, _pass.RowanEtag(fresh), "imported"));
        }
    }

    private void Link(RowanEventRow row, RemoteChange.Present external, CalendarEvent content)
    {
        if (row.DeletedAt is not null && _pass.Lease.Direction == SyncDirection.OutboundOnly)
        {
            return;
        }

        var applied = Apply(row, external, content);
        var (rowanEtag, appliedEtag) = (_pass.RowanEtag(row), _pass.RowanEtag(applied));

        // An event that carries the UID already came from this calendar once, before a disconnect: it is imported again, not found.
        var origin = EventIdentity.Parse(external.Uid) is not null ? "exported" : row.IcalUid == external.Uid ? "imported" : "matched";
        var mapping = NewMapping(row, external, content, appliedEtag, origin);
        if (row.DeletedAt is not null && _state.Siblings[row.Id].Any(sibling => sibling.ExternalEtag is not null && sibling.ExternalEtag == external.Etag))
        {
            // Just deleted in Rowan: the connection that holds this version is about to carry it out, and this one may as well.
            _plan.Mappings.Add(mapping with { Generation = row.SyncGeneration });
            _plan.Enqueue.Add(row.Id);
            return;
        }

        _plan.Mappings.Add(mapping);
        _plan.Links.Add((row.Id, external.Uid, origin == "imported"));
        _plan.Matches.Add(new FoundMatch(row, applied, Score: 1));
        if (row.DeletedAt is not null)
        {
            // In the trash since a disconnect, or since it was deleted outside and came back there. A second row beside it would be a
            // double as soon as somebody restores it.
            _plan.Updates.Add(applied);
            return;
        }

        if (rowanEtag == appliedEtag)
        {
            return;
        }

        // Without a base of its own the external side wins, unless it says what another connection of the space last wrote or read there.
        if (_pass.Lease.Direction == SyncDirection.OutboundOnly || _state.Siblings[row.Id].Any(sibling => sibling.ExternalHash == mapping.ExternalHash))
        {
            _plan.Enqueue.Add(row.Id);
            return;
        }

        _plan.Conflicts.Add(Conflict(ConflictKinds.FoundDifferent, mapping.Id, row, applied, external));
        _plan.Updates.Add(applied);
    }

    private void AddDeleted(MappingRow mapping)
    {
        var row = _state.Rows.GetValueOrDefault(mapping.RowanEventId) is { } found && found.SpaceId == _pass.Lease.SpaceId.Value ? found : null;
        if (row is { DeletedAt: null } && row.SyncGeneration > mapping.Generation && _pass.Lease.Direction != SyncDirection.InboundOnly)
        {
            // It came back from the trash after this base: what is gone outside is its former life. In the new one it is made again.
            _plan.Enqueue.Add(mapping.RowanEventId);
            _plan.RetiredMappings.Add(mapping.Id);
            return;
        }

        var state = StateOf(row, row is null ? null : _pass.RowanEtag(row), mapping);
        var action = SyncPlanner.Decide(new Pair(state, SideState.Deleted, _pass.Lease.Direction));
        switch (action)
        {
            case SyncAction.Nothing:
                return;
            case SyncAction.ConflictDeleteInRowan:
                _plan.Conflicts.Add(DeletedOutside(mapping, row!));
                _plan.SoftDeletes.Add(mapping.RowanEventId);
                break;
            case SyncAction.DeleteInRowan:
                _plan.SoftDeletes.Add(mapping.RowanEventId);
                break;
            case SyncAction.CreateOutside:
                _plan.Conflicts.Add(RowanWins(DeletedOutside(mapping, row!)));
                _plan.Enqueue.Add(mapping.RowanEventId);
                break;
            case SyncAction.ForgetMapping:
                break;
            default:
                throw new InvalidOperationException($"{action} cannot follow from a deletion.");
        }

        _plan.RetiredMappings.Add(mapping.Id);
    }

    private static SideState StateOf(RowanEventRow? row, string? rowanEtag, MappingRow mapping) => row switch
    {
        null or { DeletedAt: not null } => SideState.Deleted,
        _ => rowanEtag == mapping.RowanEtag ? SideState.Unchanged : SideState.Changed,
    };

    // Taking it out of the trash begins a new life; the database counts it.
    private static int LifeOf(RowanEventRow row) => row.DeletedAt is null ? row.SyncGeneration : row.SyncGeneration + 1;

    private RowanEventRow Apply(RowanEventRow row, RemoteChange.Present external, CalendarEvent content) =>
        RowanEventMapper.Write(row, content, _zone, _pass.Capabilities.Color) with { IcalUid = external.Uid };

    private RowanEventRow Blank(Guid id) =>
        new() { Id = id, SpaceId = _pass.Lease.SpaceId.Value, Title = "", StartTime = default, EventType = _pass.Lease.Provider.ToSql() };

    private MappingRow NewMapping(RowanEventRow row, RemoteChange.Present external, CalendarEvent content, string rowanEtag, string origin) => new()
    {
        Id = Guid.CreateVersion7(),
        RowanEventId = row.Id,
        ExternalCalendarId = _calendarId,
        ExternalEventId = external.ExternalId,
        IcalUid = external.Uid,
        RowanEtag = rowanEtag,
        ExternalHash = ContentHash.Of(content).Value,
        ExternalEtag = external.Etag,
        ExternalPayload = external.Payload,
        Generation = LifeOf(row),
        Origin = origin,
    };

    private ConflictRow Conflict(string kind, Guid mappingId, RowanEventRow row, RowanEventRow applied, RemoteChange.Present external) => new()
    {
        MappingId = mappingId,
        EventId = row.Id,
        Title = row.Title,
        Kind = kind,
        WinningSource = "external",
        Strategy = "external_wins",
        Severity = kind != ConflictKinds.DeletedInRowan && row.StartTime == applied.StartTime && row.EndTime == applied.EndTime && row.AllDay == applied.AllDay
            ? "normal"
            : "high",
        ExternalVersion = ExternalSnapshot.Of(_calendarId, external, applied, _pass.Capabilities.Color, _zone),
        ExternalPayload = external.Payload,
    };

    private ConflictRow DeletedOutside(MappingRow mapping, RowanEventRow row) => new()
    {
        MappingId = mapping.Id,
        EventId = row.Id,
        Title = row.Title,
        Kind = ConflictKinds.DeletedOutside,
        WinningSource = "external",
        Strategy = "external_wins",
        Severity = "high",
        ExternalVersion = ExternalSnapshot.Deleted(_calendarId, mapping.ExternalEventId),
        ExternalPayload = mapping.ExternalPayload,
    };

    private static ConflictRow RowanWins(ConflictRow conflict) => conflict with { WinningSource = "rowan", Strategy = "rowan_wins" };

    private ItemErrorRow Park(string externalId, string? etag, string? title, string code, string message) => new()
    {
        Direction = "inbound",
        Operation = "read",
        ExternalCalendarId = _calendarId,
        ExternalEventId = externalId,
        ExternalEtag = etag,
        RowanEventId = _byId.GetValueOrDefault(externalId)?.RowanEventId,
        Title = title,
        Code = code,
        Message = message,
    };
}
