using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>Who syncs what, now. The database's clock decides; no worker's does.</summary>
public sealed class LeaseStore(RowanDatabase database)
{
    private const string Connection =
        """
        c.id, c.space_id, c.user_id, c.provider::text as provider, coalesce(c.provider_account_id, '') as account_id,
        c.server_url, c.sync_direction::text as direction, c.excluded_event_types,
        extract(epoch from now() - c.calendars_listed_at)::float8 as seconds_since_list,
        exists (select 1 from calendar_connections o
                where o.space_id = c.space_id and o.provider = c.provider and o.id <> c.id and o.sync_status <> 'disconnected') as has_siblings,
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'external_calendar_id', k.external_calendar_id, 'cursor', k.cursor, 'read_only', k.read_only,
                    'is_target', k.is_target, 'returned', k.returned, 'time_zone', k.time_zone) order by k.is_target desc, k.external_calendar_id), '[]')::text
         from calendar_connection_calendars k where k.connection_id = c.id and k.selected and k.removed_at is null) as calendars
        """;

    // No claim ever gives it, so nothing that asks for the fence can be written with it.
    private const long NoFence = -1;

    /// <summary>Claims connections that are due: the interval is over, somebody asked, or edits wait in the queue.</summary>
    /// <remarks>
    /// Users take turns: the second connection of one user comes after the first of every other, so a family with seventeen calendars
    /// starves nobody. What was served is the request that the claim saw; one that commits later is still due (comparing times would
    /// lose it: a transaction's <c>now()</c> is when it began). A lease that ran out instead of being given back belongs to a worker that
    /// died, and with it what it had been asked for: such a connection is due as if somebody asked again.
    /// </remarks>
    public async Task<IReadOnlyList<SyncLease>> ClaimDueAsync(string owner, int max, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        var rows = await database.QueryAsServiceAsync<LeaseRow>(
            $"""
            with ready as (
                select c.id, c.user_id,
                       coalesce(c.next_sync_at <= now(), false) as scheduled,
                       (c.sync_requested_at is not null and c.sync_requested_at is distinct from c.sync_served_at) or c.lease_until is not null as requested,
                       exists (select 1 from calendar_sync_queue q
                               where q.connection_id = c.id
                                 and (q.status = 'pending' or (q.status = 'failed' and q.next_retry_at <= now()))) as queued,
                       exists (select 1 from calendar_sync_errors e
                               where e.connection_id = c.id and e.resolved_at is null and e.direction = 'inbound' and e.next_retry_at <= now()) as retries,
                       least(c.next_sync_at, c.sync_requested_at) as since,
                       coalesce(c.blocked_until > now(), false) as resting, c.last_error_code
                from calendar_connections c
                where c.sync_enabled and c.sync_status in ('active', 'syncing', 'error') and c.provider in ('google', 'apple', 'cozi')
                  and (c.lease_until is null or c.lease_until < now())
            ), turns as (
                select id, scheduled, requested, queued, retries, since,
                       row_number() over (partition by user_id order by requested or queued desc, since) as turn
                from ready
                -- A person who asks does not wait for the pause after a failure, unless the provider itself asked for it.
                where (not resting and (scheduled or requested or queued or retries)) or (requested and last_error_code is distinct from 'rate_limited')
            ), claimed as (
                select c.id, t.scheduled, t.requested, t.queued, t.retries, (select u.timezone from users u where u.id = c.user_id) as timezone
                from calendar_connections c join turns t on t.id = c.id
                where c.lease_until is null or c.lease_until < now()
                order by t.turn, t.requested or t.queued desc, t.since
                limit @max
                for update of c skip locked
            )
            update calendar_connections c
            -- Not only the next number: should Postgres lose this claim, the next one must not get the same.
            set fence = greatest(c.fence + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint),
                pass_step = 0,
                lease_owner = @owner,
                lease_until = now() + @leaseDuration,
                last_started_at = now(),
                sync_served_at = c.sync_requested_at,
                sync_status = case when claimed.scheduled or claimed.requested then 'syncing' else c.sync_status end
            from claimed
            where c.id = claimed.id
            returning c.fence, {Connection},
                      claimed.scheduled or claimed.requested or c.initial_sync_completed_at is null or coalesce(c.sync_requested_type = 'full', false) as pull,
                      coalesce(c.sync_requested_type = 'full', false) as full,
                      c.initial_sync_completed_at is null as initial, claimed.requested, claimed.queued, claimed.retries, claimed.timezone,
                      exists (select 1 from calendar_held_deletions h
                              where h.connection_id = c.id and h.decision is not null and h.carried_out_at is null) as decided,
                      exists (select 1 from calendar_sync_conflicts f where f.connection_id = c.id and f.notified_at is null and f.kind <> 'same_edit') as untold
            """,
            new { owner, max, leaseDuration },
            cancellationToken);
        return [.. rows.Select(row => row.ToLease())];
    }

    /// <summary>What a full sync of a connection would begin with, claimed or not, for looking only: with this lease nothing can be written.</summary>
    /// <returns><c>null</c> when the connection is disconnected, or gone.</returns>
    public async Task<SyncLease?> ReadAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        var rows = await database.QueryAsServiceAsync<LeaseRow>(
            $"""
            select {NoFence}::bigint as fence, {Connection}, true as pull, true as full, c.initial_sync_completed_at is null as initial,
                   (select u.timezone from users u where u.id = c.user_id) as timezone
            from calendar_connections c
            where c.id = @id and c.sync_status <> 'disconnected' and c.provider in ('google', 'apple', 'cozi')
            """,
            new { id = id.Value },
            cancellationToken);
        return rows.SingleOrDefault()?.ToLease();
    }

    /// <summary>Keeps a lease alive.</summary>
    /// <returns><c>false</c> when it is lost.</returns>
    public async Task<bool> RenewAsync(SyncLease lease, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        (await database.QueryAsServiceAsync<Guid>(
            "update calendar_connections set lease_until = now() + @leaseDuration where id = @id and fence = @fence returning id",
            new { leaseDuration, id = lease.ConnectionId.Value, lease.Fence },
            cancellationToken)).Count == 1;

    /// <summary>Gives a lease back unfinished, so that another worker takes over at once: this one is shutting down.</summary>
    public Task ReleaseAsync(SyncLease lease, CancellationToken cancellationToken) =>
        database.QueryAsServiceAsync<Guid>(
            """
            update calendar_connections
            set lease_until = null, lease_owner = null,
                sync_status = case when sync_status = 'syncing' then 'active' else sync_status end,
                sync_served_at = case when @requested then null else sync_served_at end
            where id = @id and fence = @fence
            returning id
            """,
            new { id = lease.ConnectionId.Value, lease.Fence, lease.Requested },
            cancellationToken);

    /// <summary>
    /// Locks the connection for the rest of the transaction, so that nobody can claim or disconnect it before the commit. Every
    /// transaction of a pass begins with this.
    /// </summary>
    /// <remarks>
    /// It also asks whether the last transaction of the pass is still there. With synchronous_commit off, or after a failover to a standby
    /// that lagged behind, Postgres may lose what it had confirmed, and a pooler hides the crash; a cursor that moved past a lost page would
    /// never bring it again.
    /// </remarks>
    /// <exception cref="LeaseLostException">Somebody already has, or a commit of this pass was lost.</exception>
    internal static async Task HoldAsync(RowanTransaction transaction, SyncLease lease, CancellationToken cancellationToken)
    {
        var held = await transaction.QuerySingleOrDefaultAsync<Guid?>(
            "update calendar_connections set pass_step = pass_step + 1 where id = @id and fence = @fence and pass_step = @step returning id",
            new { id = lease.ConnectionId.Value, lease.Fence, step = lease.Step },
            cancellationToken);
        if (held is null)
        {
            throw new LeaseLostException(lease.ConnectionId);
        }

        transaction.Committed += lease.Advance;
    }

    private sealed record LeaseRow
    {
        public Guid Id { get; init; }

        public long Fence { get; init; }

        public Guid SpaceId { get; init; }

        public Guid UserId { get; init; }

        public string Provider { get; init; } = "";

        public string AccountId { get; init; } = "";

        public string? ServerUrl { get; init; }

        public string Direction { get; init; } = "";

        public bool Pull { get; init; }

        public bool Full { get; init; }

        public bool Initial { get; init; }

        public bool Requested { get; init; }

        public bool Queued { get; init; }

        public bool Retries { get; init; }

        public bool Decided { get; init; }

        public bool Untold { get; init; }

        public string? Timezone { get; init; }

        public bool HasSiblings { get; init; }

        public string[] ExcludedEventTypes { get; init; } = [];

        public double? SecondsSinceList { get; init; }

        public string Calendars { get; init; } = "[]";

        public SyncLease ToLease() => new()
        {
            ConnectionId = new ConnectionId(Id),
            Fence = Fence,
            SpaceId = new SpaceId(SpaceId),
            UserId = new UserId(UserId),
            Provider = CalendarProviders.Parse(Provider) ?? throw new InvalidOperationException($"The claim returned the provider '{Provider}'."),
            AccountId = AccountId,
            ServerUrl = ServerUrl is null ? null : new Uri(ServerUrl),
            Direction = SyncDirections.Parse(Direction) ?? SyncDirection.Bidirectional,
            Pull = Pull,
            Full = Full || Initial,
            Initial = Initial,
            Requested = Requested,
            Queued = Queued,
            Retries = Retries,
            Decided = Decided,
            Untold = Untold,
            HasSiblings = HasSiblings,
            Zone = TimeZones.Find(Timezone) ?? DateTimeZone.Utc,
            ExcludedEventTypes = ExcludedEventTypes,
            SinceList = SecondsSinceList is { } seconds ? Duration.FromSeconds(seconds) : null,
            Calendars = JsonRows.To<ConnectionCalendarRow>(Calendars),
        };
    }
}
