using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Queue;

namespace CalendarSync.Core.Sync;

/// <summary>
/// Puts plans together to a preview. What a pass would have written before it plans the next thing stands here in memory, laid over what the
/// database says. No I/O.
/// </summary>
internal sealed class PreviewBuilder(SyncPass pass)
{
    private readonly List<PreviewImport> _import = [];
    private readonly List<PreviewExport> _export = [];
    private readonly List<PreviewMatch> _matches = [];
    private readonly List<PreviewDelete> _deletes = [];
    private readonly Dictionary<Guid, MappingRow> _mappings = [];
    private readonly Dictionary<Guid, RowanEventRow> _rows = [];
    private readonly HashSet<Guid> _retired = [];
    private readonly HashSet<Guid> _deleted = [];
    private readonly HashSet<string> _copied = new(StringComparer.Ordinal);
    private readonly List<OutboundDelete> _outboundDeletes = [];
    private int _imports;
    private int _exports;
    private int _matched;
    private int _deletions;
    private int _held;
    private int _conflicts;
    private int _skipped;

    /// <summary>UIDs of synced events that also stand in another calendar of the account.</summary>
    public IReadOnlySet<string> CopiedUids => _copied;

    /// <summary>Events that were deleted in Rowan and would be deleted outside.</summary>
    public IReadOnlyList<OutboundDelete> OutboundDeletes => _outboundDeletes;

    /// <summary>Something that cannot be synced.</summary>
    public void Skip() => _skipped++;

    /// <summary>The state without the events that another calendar of this listing has been matched with.</summary>
    public InboundState Without(InboundState state) =>
        state with { Candidates = state.Candidates.Where(c => !_mappings.ContainsKey(c.Key)).ToDictionary() };

    /// <summary>What the changes of a calendar would do.</summary>
    public void Add(InboundPlan plan, InboundState state)
    {
        foreach (var match in plan.Matches.Where(m => m.Row.DeletedAt is null))
        {
            var external = match.Applied;
            Keep(_matches, ref _matched, new PreviewMatch(
                new PreviewEvent(match.Row.Id, match.Row.Title, match.Row.StartTime, match.Row.AllDay),
                new PreviewEvent(null, external.Title, external.StartTime, external.AllDay),
                match.Score));
        }

        var matched = plan.Matches.Where(m => m.Row.DeletedAt is null).Select(m => m.Row.Id).ToHashSet();
        foreach (var row in plan.Inserts)
        {
            Import(row, "create");
        }

        foreach (var row in plan.Updates.Where(row => !matched.Contains(row.Id)))
        {
            var before = state.Rows.GetValueOrDefault(row.Id) ?? state.Candidates.GetValueOrDefault(row.Id);
            Import(row, before is { DeletedAt: not null } ? "restore" : "update");
        }

        _copied.UnionWith(plan.Copies.Select(copy => copy.Uid));
        _conflicts += plan.Outcome.Conflicts;
        _skipped += plan.Errors.Count;
        Lay(plan);
    }

    /// <summary>What the events would do that are gone.</summary>
    public void AddGone(InboundPlan plan, InboundState state, bool held)
    {
        foreach (var id in plan.SoftDeletes)
        {
            Delete("rowan", id, state.Rows.GetValueOrDefault(id), held);
        }

        if (!held)
        {
            _conflicts += plan.Outcome.Conflicts;
            Lay(plan);
        }
    }

    /// <summary>What these events of Rowan would do outside, after all of the above.</summary>
    public void AddOutbound(IReadOnlyList<Guid> ids, IReadOnlyList<MappingRow> mappings, IReadOnlyList<RowanEventRow> rows)
    {
        var mapped = mappings.Where(m => !_retired.Contains(m.Id)).ToDictionary(m => m.RowanEventId);
        var known = rows.Where(row => !_deleted.Contains(row.Id)).ToDictionary(row => row.Id);
        foreach (var id in ids)
        {
            if (_mappings.TryGetValue(id, out var mapping))
            {
                mapped[id] = mapping;
            }

            if (_rows.TryGetValue(id, out var row))
            {
                known[id] = row;
            }
        }

        List<QueueItem> items = [.. ids.Select(id => new QueueItem { Id = id, EventId = id, Version = 0 })];
        var plan = OutboundPlan.For(pass, items, mapped, known, new Dictionary<Guid, string>(), looked: [.. ids]);
        var before = rows.ToDictionary(row => row.Id);
        foreach (var write in plan.Writes)
        {
            switch (write.Operation)
            {
                case WriteOperation.Delete:
                    _outboundDeletes.Add(new OutboundDelete(write.Mapping.ExternalCalendarId, write.Item.EventId, before.GetValueOrDefault(write.Item.EventId)));
                    break;
                default:
                    Export(known[write.Item.EventId], write.OperationName);
                    break;
            }
        }

        // A base that has to be read again before it is written to, or a create whose answer was lost.
        foreach (var (item, mapping) in plan.Uncertain.Where(u => known.ContainsKey(u.Item.EventId)))
        {
            Export(known[item.EventId], mapping.State == MappingStates.Creating ? "create" : "update");
        }

        _skipped += plan.Parked.Count;
    }

    /// <summary>Deletions of one calendar, once it is known what the guard says of them.</summary>
    public void AddOutboundDeletes(IReadOnlyList<OutboundDelete> deletes, bool held)
    {
        foreach (var delete in deletes)
        {
            Delete("external", delete.EventId, delete.Row, held);
        }
    }

    public SyncPreview ToPreview() =>
        new(_import, _export, _matches, _deletes, new PreviewCounts(_imports, _exports, _matched, _deletions, _held, _conflicts, _skipped));

    private void Lay(InboundPlan plan)
    {
        foreach (var mapping in plan.Mappings)
        {
            _mappings[mapping.RowanEventId] = mapping;
        }

        foreach (var row in plan.Inserts.Concat(plan.Updates))
        {
            _rows[row.Id] = row;
        }

        _retired.UnionWith(plan.RetiredMappings);
        _deleted.UnionWith(plan.SoftDeletes);
    }

    private void Import(RowanEventRow row, string action) =>
        Keep(_import, ref _imports, new PreviewImport(row.Title, row.StartTime, row.EndTime, row.AllDay, action));

    private void Export(RowanEventRow row, string action) =>
        Keep(_export, ref _exports, new PreviewExport(row.Id, row.Title, row.StartTime, row.EndTime, row.AllDay, action));

    private void Delete(string side, Guid id, RowanEventRow? row, bool held)
    {
        Keep(_deletes, ref _deletions, new PreviewDelete(side, id, row?.Title, row?.StartTime, held));
        _held += held ? 1 : 0;
    }

    private static void Keep<T>(List<T> list, ref int count, T item)
    {
        count++;
        if (list.Count < SyncPreview.MaxItems)
        {
            list.Add(item);
        }
    }
}

/// <summary>An event that would be deleted outside.</summary>
/// <param name="CalendarId">From where.</param>
/// <param name="EventId">Its row in Rowan.</param>
/// <param name="Row">What is left of that.</param>
internal sealed record OutboundDelete(string CalendarId, Guid EventId, RowanEventRow? Row);
