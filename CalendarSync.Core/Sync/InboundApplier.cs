using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Queue;
using Microsoft.Extensions.Options;
using NodaTime;
using Npgsql;

namespace CalendarSync.Core.Sync;

/// <summary>Applies a page of external changes to Rowan: read under locks, decide, write, all in one transaction.</summary>
internal sealed class InboundApplier(RowanDatabase database, IOptions<ConflictOptions> options)
{
    private readonly Duration _sameEditWindow = Duration.FromTimeSpan(options.Value.SameEditWindow);

    /// <summary>Applies changes of one calendar. Doing it twice is harmless.</summary>
    /// <remarks>
    /// One event that the database refuses must not stop the others, so a refused page is halved until the event stands alone, and that
    /// one is parked.
    /// </remarks>
    /// <exception cref="LeaseLostException">Nothing was written.</exception>
    public Task ApplyAsync(SyncPass pass, string calendarId, IReadOnlyList<RemoteChange> changes, CancellationToken cancellationToken) =>
        ApplyAsync(pass, calendarId, changes, moves: false, cancellationToken);

    /// <summary>Applies events that have come to a calendar from another one of the account: what they were there, they are here.</summary>
    /// <exception cref="LeaseLostException">Nothing was written.</exception>
    public Task ApplyMovesAsync(SyncPass pass, string calendarId, IReadOnlyList<RemoteChange> changes, CancellationToken cancellationToken) =>
        ApplyAsync(pass, calendarId, changes, moves: true, cancellationToken);

    private async Task ApplyAsync(SyncPass pass, string calendarId, IReadOnlyList<RemoteChange> changes, bool moves, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
        {
            return;
        }

        try
        {
            pass.Add(await ApplyPageAsync(pass, calendarId, changes, moves, cancellationToken));
        }
        catch (PostgresException refused) when (IsAboutTheData(refused) && changes is not [RemoteChange.Unreadable])
        {
            if (changes.Count == 1)
            {
                var etag = (changes[0] as RemoteChange.Present)?.Etag;
                var parked = new RemoteChange.Unreadable(
                    changes[0].ExternalId, etag, "not_storable", "This event holds something that Rowan cannot store. It was left as it is in your calendar.");
                await ApplyAsync(pass, calendarId, [parked], moves, cancellationToken);
                return;
            }

            var half = changes.Count / 2;
            await ApplyAsync(pass, calendarId, [.. changes.Take(half)], moves, cancellationToken);
            await ApplyAsync(pass, calendarId, [.. changes.Skip(half)], moves, cancellationToken);
        }
    }

    private async Task<PassOutcome> ApplyPageAsync(
        SyncPass pass, string calendarId, IReadOnlyList<RemoteChange> changes, bool moves, CancellationToken cancellationToken)
    {
        var lease = pass.Lease;
        await using var transaction = await database.BeginAsServiceAsync(lease.ConnectionId, cancellationToken);
        await LeaseStore.HoldAsync(transaction, lease, cancellationToken);
        var state = await LoadAsync(transaction, pass, calendarId, changes, forWriting: true, cancellationToken);
        var plan = InboundPlanner.Plan(pass, calendarId, state, changes, _sameEditWindow, moves);

        // The conflict history takes Rowan's versions from the rows, so it comes before they change; and it refers to the mappings.
        await MappingStore.SaveAsync(transaction, lease, plan.Mappings, cancellationToken);
        await ConflictStore.RecordAsync(transaction, lease, plan.Conflicts, cancellationToken);
        await SyncedEventStore.InsertAsync(transaction, lease, plan.Inserts, cancellationToken);
        await SyncedEventStore.UpdateAsync(transaction, plan.Updates, cancellationToken);
        await SyncedEventStore.LinkAsync(transaction, lease, plan.Links, cancellationToken);
        await SyncedEventStore.SoftDeleteAsync(transaction, plan.SoftDeletes, cancellationToken);
        await HeldDeletionStore.ReleaseAsync(transaction, plan.Released, cancellationToken);
        await MappingStore.DeleteAsync(transaction, plan.RetiredMappings, cancellationToken);
        await EventCopyStore.AddAsync(transaction, lease, plan.Copies, cancellationToken);
        await OutboundQueue.EnqueueAsync(transaction, lease, plan.Enqueue, cancellationToken);
        await ItemErrorStore.ResolveInboundAsync(transaction, lease, calendarId, [.. plan.Settled], cancellationToken);
        await ItemErrorStore.OpenAsync(transaction, lease, plan.Errors, cancellationToken);
        await ConflictStore.SettleAsync(transaction, [.. plan.Conflicts.Select(c => c.EventId)], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        pass.MayPush |= plan.Enqueue.Count > 0;
        pass.Copies.AddRange(plan.Copies);
        return plan.Outcome;
    }

    /// <summary>Reads what the planner needs.</summary>
    /// <param name="transaction">The page's, or a snapshot.</param>
    /// <param name="pass">The pass.</param>
    /// <param name="calendarId">The calendar of the changes.</param>
    /// <param name="changes">The page.</param>
    /// <param name="forWriting">Takes the locks under which the plan stays true until it is written.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal static async Task<InboundState> LoadAsync(
        RowanTransaction transaction,
        SyncPass pass,
        string calendarId,
        IReadOnlyList<RemoteChange> changes,
        bool forWriting,
        CancellationToken cancellationToken)
    {
        var lease = pass.Lease;
        var present = changes.OfType<RemoteChange.Present>().ToList();
        var mappings = await MappingStore.LoadByExternalAsync(
            transaction,
            lease.ConnectionId,
            calendarId,
            [.. changes.Select(c => c.ExternalId)],
            [.. present.Select(p => p.Uid)],
            cancellationToken);
        var known = mappings.Where(m => m.ExternalCalendarId == calendarId).Select(m => m.ExternalEventId).ToHashSet(StringComparer.Ordinal);
        var unknown = present.Where(p => !known.Contains(p.ExternalId)).ToList();
        if (unknown.Count > 0 && forWriting)
        {
            // Before any row is locked, so that two pages never wait for each other both ways.
            await SyncedEventStore.HoldImportsAsync(transaction, lease, cancellationToken);
        }

        Guid[] mapped = [.. mappings.Select(m => m.RowanEventId)];
        var rows = forWriting
            ? await SyncedEventStore.LoadForUpdateAsync(transaction, mapped, cancellationToken)
            : await SyncedEventStore.LoadAsync(transaction, mapped, cancellationToken);
        var candidates = unknown.Count == 0
            ? []
            : await SyncedEventStore.LoadCandidatesAsync(
                transaction,
                lease,
                [.. unknown.Select(p => EventIdentity.Parse(p.Uid)?.EventId.Value).OfType<Guid>()],
                [.. unknown.Select(p => p.Uid)],
                [.. unknown.Select(p => p.Event.Content.Start.ToInstant(pass.ZoneOf(calendarId)))],
                forWriting,
                cancellationToken);
        var ownIds = unknown.Select(p => EventIdentity.Parse(p.Uid)?.EventId.Value).OfType<Guid>().Except(candidates.Select(c => c.Id)).ToArray();
        var copies = ownIds.Length == 0 ? [] : await MappingStore.LoadMappedAsync(transaction, lease, ownIds, cancellationToken);
        Guid[] shared = lease.HasSiblings ? [.. candidates.Select(c => c.Id), .. mappings.Select(m => m.RowanEventId)] : [];
        var siblings = shared.Length == 0 ? [] : await MappingStore.LoadSiblingsAsync(transaction, lease, shared, cancellationToken);
        return new InboundState(
            mappings,
            rows.ToDictionary(row => row.Id),
            candidates.ToDictionary(row => row.Id),
            siblings.ToLookup(s => s.RowanEventId),
            copies.ToHashSet());
    }

    // Classes 22 (data exception) and 23 (integrity constraint violation): https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static bool IsAboutTheData(PostgresException exception) =>
        exception.SqlState.StartsWith("22", StringComparison.Ordinal) || exception.SqlState.StartsWith("23", StringComparison.Ordinal);
}
