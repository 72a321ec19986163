using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Queue;
using Microsoft.Extensions.Options;
using NodaTime;

namespace CalendarSync.Core.Sync;

/// <summary>
/// Takes Rowan's edits out. For each batch: decide and write the intention down, write outside, record the outcome. A crash between any
/// two of these leaves something that the next pass recognises.
/// </summary>
internal sealed class Exporter(
    RowanDatabase database,
    InboundApplier applier,
    Importer importer,
    DeletionPhase deletions,
    OutboundGuard guard,
    ProgressReporter progress,
    IOptions<QueueOptions> options,
    TimeProvider time)
{
    private const int ItemsPerRound = 100;

    // Two people who edit one event at the same time meet once or twice. An event that is refused again and again waits its turn.
    private const int MaxRoundsPerItem = 4;

    /// <summary>Pushes until no item is ready.</summary>
    public async Task RunAsync(SyncPass pass, CancellationToken cancellationToken)
    {
        var rounds = new Dictionary<Guid, int>();
        var done = 0;
        for (var handled = await RunRoundAsync(pass, rounds, cancellationToken); handled > 0; handled = await RunRoundAsync(pass, rounds, cancellationToken))
        {
            done += handled;
            await progress.ReportAsync(pass, SyncPhase.Exporting, done, done, cancellationToken);
        }
    }

    private async Task<int> RunRoundAsync(SyncPass pass, Dictionary<Guid, int> rounds, CancellationToken cancellationToken)
    {
        var (handled, plan) = await PrepareAsync(pass, rounds, cancellationToken);
        if (handled == 0)
        {
            return 0;
        }

        if (plan.NeedsPullFirst)
        {
            await importer.RunAsync(pass, cancellationToken);
            return handled;
        }

        await LookAtUncertainAsync(pass, plan.Uncertain, rounds, cancellationToken);
        foreach (var calendar in plan.Writes.GroupBy(w => w.Mapping.ExternalCalendarId, StringComparer.Ordinal))
        {
            foreach (var batch in calendar.Chunk(pass.Capabilities.MaxBatch))
            {
                var results = await pass.Provider.PushAsync(pass.Account, calendar.Key, [.. batch.Select(w => w.Operation)], cancellationToken);
                await RecordAsync(pass, calendar.Key, [.. batch.Zip(results)], rounds, cancellationToken);
            }
        }

        return handled;
    }

    /// <summary>Reads the next items and decides them. What is about to be sent is written down before: should its answer be lost, it is recognised.</summary>
    private async Task<(int Handled, OutboundPlan Plan)> PrepareAsync(SyncPass pass, Dictionary<Guid, int> rounds, CancellationToken cancellationToken)
    {
        var lease = pass.Lease;
        await using var transaction = await database.BeginAsServiceAsync(lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
        var items = await OutboundQueue.PeekAsync(transaction, lease, ItemsPerRound, cancellationToken);
        if (items.Count == 0)
        {
            return (0, OutboundPlan.Empty(pass));
        }

        var eventIds = items.Select(i => i.EventId).ToArray();
        var mappings = await MappingStore.LoadByRowanAsync(transaction, lease.ConnectionId, eventIds, cancellationToken);
        var rows = await SyncedEventStore.LoadAsync(transaction, eventIds, cancellationToken);

        var created = eventIds.Except(mappings.Select(m => m.RowanEventId)).ToArray();
        var payloads = created.Length == 0 ? null : await ConflictStore.LoadPayloadsAsync(transaction, lease, created, cancellationToken);

        var stuck = items.Where(item => rounds.GetValueOrDefault(item.Id) >= MaxRoundsPerItem).ToHashSet();
        var plan = OutboundPlan.For(
            pass,
            [.. items.Where(item => !stuck.Contains(item))],
            mappings.ToDictionary(m => m.RowanEventId),
            rows.ToDictionary(r => r.Id),
            payloads ?? new Dictionary<Guid, string>(),
            [.. rounds.Keys]);
        await FailAsync(transaction, pass, [.. stuck.Select(item => (item, null as string, "update", Stuck))], cancellationToken);
        if (!plan.NeedsPullFirst)
        {
            await guard.HoldAsync(transaction, pass, plan, cancellationToken);
            await HeldDeletionStore.ReleaseAsync(transaction, plan.Released, cancellationToken);
            await MappingStore.ReviveAsync(transaction, plan.Revived, cancellationToken);
            await MappingStore.SaveAsync(transaction, lease, [.. plan.Writes.Select(w => w.Intention).OfType<MappingRow>()], cancellationToken);
            await OutboundQueue.CompleteAsync(transaction, plan.Done, cancellationToken);
            await ItemErrorStore.ResolveOutboundAsync(transaction, lease, [.. plan.Done.Select(i => i.EventId)], cancellationToken);
            await ParkAsync(transaction, pass, plan.Parked, cancellationToken);
        }

        await ConflictStore.SettleAsync(
            transaction, [.. plan.Done.Concat(plan.Parked.Select(p => p.Item)).Concat(stuck).Select(item => item.EventId)], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await guard.TellAsync(pass, plan, cancellationToken);
        return (items.Count, plan);
    }

    /// <summary>
    /// Reads what is outside before anything is decided about it: a create whose answer was lost, or a base without payload or version.
    /// The items stay in the queue and are decided in the next round.
    /// </summary>
    private async Task LookAtUncertainAsync(
        SyncPass pass, List<(QueueItem Item, MappingRow Mapping)> uncertain, Dictionary<Guid, int> rounds, CancellationToken cancellationToken)
    {
        foreach (var calendar in uncertain.GroupBy(u => u.Mapping.ExternalCalendarId, StringComparer.Ordinal))
        {
            if (await TryFetchAsync(pass, calendar.Key, [.. calendar.Select(u => u.Mapping.ExternalEventId)], cancellationToken) is not { } found)
            {
                await LeaveGoneCalendarAsync(pass, [.. calendar], cancellationToken);
                continue;
            }

            var creating = calendar.Where(u => u.Mapping.State == MappingStates.Creating)
                .ToDictionary(u => u.Mapping.ExternalEventId, u => u.Mapping.Id, StringComparer.Ordinal);

            // A create that is not there never happened: it is simply made again.
            var neverMade = found.Where(f => f is RemoteChange.Deleted && creating.ContainsKey(f.ExternalId)).ToList();
            if (neverMade.Count > 0)
            {
                await using var transaction = await database.BeginAsServiceAsync(pass.Lease.ConnectionId, cancellationToken);
                await LeaseStore.HoldAsync(transaction, pass.Lease, cancellationToken);
                await MappingStore.DeleteAsync(transaction, [.. neverMade.Select(f => creating[f.ExternalId])], cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }

            var made = found.Except(neverMade).ToList();
            Count(rounds, calendar.Where(u => made.Any(f => f.ExternalId == u.Mapping.ExternalEventId)).Select(u => u.Item));
            await TakeAsync(pass, calendar.Key, made, cancellationToken);
        }
    }

    /// <summary>
    /// Applies what is there now. An event that is not there may have moved to another calendar, or be one of very many that are gone, so the
    /// calendars are read first; only when that has not explained it, it counts as deleted, and is weighed like any other deletion.
    /// </summary>
    private async Task TakeAsync(SyncPass pass, string calendarId, IReadOnlyCollection<RemoteChange> changes, CancellationToken cancellationToken)
    {
        await applier.ApplyAsync(pass, calendarId, [.. changes.Where(c => c is not RemoteChange.Deleted)], cancellationToken);
        var gone = changes.OfType<RemoteChange.Deleted>().Select(d => d.ExternalId).ToList();
        var missedBefore = gone.Where(id => !pass.Missed.Add((calendarId, id))).ToList();
        if (missedBefore.Count < gone.Count)
        {
            await importer.RunAsync(pass, cancellationToken);
        }

        await deletions.RunAsync(pass, [CalendarReading.OfGone(calendarId, missedBefore)], cancellationToken);
    }

    /// <returns><c>null</c> when the calendar does not exist any more, which says nothing about its events.</returns>
    private static async Task<IReadOnlyList<RemoteChange>?> TryFetchAsync(
        SyncPass pass, string calendarId, string[] eventIds, CancellationToken cancellationToken)
    {
        try
        {
            return await pass.Provider.FetchAsync(pass.Account, calendarId, eventIds, cancellationToken);
        }
        catch (ProviderException gone) when (gone.Fault == ProviderFault.Gone)
        {
            return null;
        }
    }

    // A create that went there, if it arrived, is made again elsewhere under the same UID: should the calendar come back, it is a copy.
    private async Task LeaveGoneCalendarAsync(SyncPass pass, List<(QueueItem Item, MappingRow Mapping)> items, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsServiceAsync(pass.Lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, pass.Lease, cancellationToken);
        var creating = items.Where(i => i.Mapping.State == MappingStates.Creating).ToList();
        await MappingStore.DeleteAsync(transaction, [.. creating.Select(i => i.Mapping.Id)], cancellationToken);
        await FailAsync(transaction, pass, [.. items.Except(creating).Select(i => (i.Item, null as string, "update", CalendarGone))], cancellationToken);
        await ConnectionCalendarStore.DistrustListAsync(transaction, pass.Lease, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task RecordAsync(
        SyncPass pass,
        string calendarId,
        IReadOnlyList<(OutboundWrite Write, WriteResult Result)> outcomes,
        Dictionary<Guid, int> rounds,
        CancellationToken cancellationToken)
    {
        var lease = pass.Lease;
        var stored = outcomes
            .Where(o => o.Result is WriteResult.Stored { Adopted: false })
            .Select(o => (o.Write, Base: BaseAfter(pass, o.Write.Mapping, ((WriteResult.Stored)o.Result).Version)))
            .ToList();
        var deleted = outcomes.Where(o => o.Result is WriteResult.Deleted).Select(o => o.Write).ToList();
        var rejected = outcomes.Where(o => o.Result is WriteResult.Rejected).ToList();
        var failed = outcomes.Where(o => o.Result is WriteResult.Failed).ToList();

        await using (var transaction = await database.BeginAsServiceAsync(lease.ConnectionId, cancellationToken))
        {
            await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
            await MappingStore.SaveAsync(transaction, lease, [.. stored.Select(s => s.Base)], cancellationToken);
            await MappingStore.DeleteAsync(
                transaction,
                [.. deleted.Select(w => w.Mapping.Id), .. rejected.Where(o => o.Write.Operation is WriteOperation.Create).Select(o => o.Write.Mapping.Id)],
                cancellationToken);
            QueueItem[] completed = [.. stored.Select(s => s.Write.Item), .. deleted.Select(w => w.Item)];
            await OutboundQueue.CompleteAsync(transaction, completed, cancellationToken);
            await ItemErrorStore.ResolveOutboundAsync(transaction, lease, [.. completed.Select(i => i.EventId)], cancellationToken);
            await ParkAsync(transaction, pass, [.. rejected.Select(o => (o.Write.Item, Rejection(o.Write, (WriteResult.Rejected)o.Result)))], cancellationToken);
            await FailAsync(
                transaction,
                pass,
                [.. failed.Select(o => (o.Write.Item, o.Write.Title, o.Write.OperationName, (WriteResult.Failed)o.Result))],
                cancellationToken);
            await ConflictStore.SettleAsync(
                transaction, [.. completed.Concat(rejected.Concat(failed).Select(o => o.Write.Item)).Select(item => item.EventId)], cancellationToken);
            if (rejected.Any(o => o.Result is WriteResult.Rejected { Code: "read_only" }) || failed.Any(o => o.Result is WriteResult.Failed { Code: "calendar_gone" }))
            {
                await ConnectionCalendarStore.DistrustListAsync(transaction, lease, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }

        pass.Add(new PassOutcome
        {
            Created = stored.Count(s => s.Write.Operation is WriteOperation.Create),
            Updated = stored.Count(s => s.Write.Operation is WriteOperation.Update),
            Deleted = deleted.Count,
        });
        var contested = outcomes.Where(o => o.Result is WriteResult.Stored { Adopted: true } or WriteResult.Gone or WriteResult.VersionConflict).ToList();
        Count(rounds, contested.Select(o => o.Write.Item));
        await DecideAgainAsync(pass, calendarId, contested, cancellationToken);
    }

    /// <summary>Somebody was faster: read what is there, and let the planner decide the pair as if it had come in by itself.</summary>
    private async Task DecideAgainAsync(
        SyncPass pass, string calendarId, List<(OutboundWrite Write, WriteResult Result)> outcomes, CancellationToken cancellationToken)
    {
        List<RemoteChange> changes =
        [
            .. outcomes.Select(o => o.Result).OfType<WriteResult.Stored>().Select(s => s.Version),
            .. outcomes.Where(o => o.Result is WriteResult.Gone).Select(o => new RemoteChange.Deleted(o.Write.Mapping.ExternalEventId)),
        ];
        string[] refused = [.. outcomes.Where(o => o.Result is WriteResult.VersionConflict).Select(o => o.Write.Mapping.ExternalEventId)];
        if (refused.Length > 0)
        {
            changes.AddRange(await pass.Provider.FetchAsync(pass.Account, calendarId, refused, cancellationToken));
        }

        await TakeAsync(pass, calendarId, changes, cancellationToken);
    }

    private static MappingRow BaseAfter(SyncPass pass, MappingRow sent, RemoteChange.Present version) => sent with
    {
        ExternalEventId = version.ExternalId,
        IcalUid = version.Uid,
        ExternalHash = ContentHash.Of(pass.Capabilities.Project(version.Event)).Value,
        ExternalEtag = version.Etag,
        ExternalPayload = version.Payload,
        State = MappingStates.Active,
    };

    private static async Task ParkAsync(
        RowanTransaction transaction, SyncPass pass, List<(QueueItem Item, ItemErrorRow Error)> parked, CancellationToken cancellationToken)
    {
        await OutboundQueue.FailAsync(
            transaction, [.. parked.Select(p => new FailedTry(p.Item.Id, p.Item.Version, p.Error.Message, ItemErrorStore.Rest))], cancellationToken);
        await ItemErrorStore.OpenAsync(transaction, pass.Lease, [.. parked.Select(p => p.Error)], cancellationToken);
        pass.Add(new PassOutcome { Failed = parked.Count });
    }

    private async Task FailAsync(
        RowanTransaction transaction,
        SyncPass pass,
        IReadOnlyList<(QueueItem Item, string? Title, string Operation, WriteResult.Failed Failure)> failures,
        CancellationToken cancellationToken)
    {
        var tries = failures.Select(f => (f.Item, f.Title, f.Operation, f.Failure, Delay: DelayOf(f.Item, f.Failure))).ToList();
        await OutboundQueue.FailAsync(
            transaction, [.. tries.Select(t => new FailedTry(t.Item.Id, t.Item.Version, t.Failure.Message, t.Delay ?? ItemErrorStore.Rest))], cancellationToken);
        await ItemErrorStore.OpenAsync(
            transaction,
            pass.Lease,
            [.. tries.Where(t => t.Delay is null).Select(t => OutboundPlan.Error(t.Item.EventId, t.Title, t.Operation, t.Failure.Code, t.Failure.Message))],
            cancellationToken);
        pass.Add(new PassOutcome { Failed = tries.Count });
    }

    private TimeSpan? DelayOf(QueueItem item, WriteResult.Failed failure)
    {
        var delay = options.Value.DelayAfter(item.RetryCount + 1);
        var asked = failure.RetryAt is { } at ? (at - Instant.FromDateTimeOffset(time.GetUtcNow())).ToTimeSpan() : TimeSpan.Zero;
        if (failure.Code == "rate_limited")
        {
            // To wait is asked of the account and says nothing against the event, so the event is never given up for it.
            delay ??= options.Value.DelayAfter(1);
        }

        return delay is { } own && asked > own ? asked : delay;
    }

    private static void Count(Dictionary<Guid, int> rounds, IEnumerable<QueueItem> items)
    {
        foreach (var item in items)
        {
            rounds[item.Id] = rounds.GetValueOrDefault(item.Id) + 1;
        }
    }

    private static ItemErrorRow Rejection(OutboundWrite write, WriteResult.Rejected rejected) =>
        OutboundPlan.Error(write.Item.EventId, write.Title, write.OperationName, rejected.Code, rejected.Message);

    private static WriteResult.Failed CalendarGone { get; } = new("calendar_gone", "This calendar does not exist any more.");

    private static WriteResult.Failed Stuck { get; } = new("keeps_changing", "This event keeps being changed on both sides. It is tried again later.");
}
