using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>
/// The right of one worker to sync one connection for a while. Every write of the pass asks for <see cref="Fence"/>: a worker that lost
/// its lease to another one can change nothing any more, however late it wakes up.
/// </summary>
public sealed record SyncLease
{
    /// <summary>The connection.</summary>
    public required ConnectionId ConnectionId { get; init; }

    /// <summary>Grows with every claim.</summary>
    public required long Fence { get; init; }

    /// <summary>The space whose events are synced.</summary>
    public required SpaceId SpaceId { get; init; }

    /// <summary>Who connected the calendar.</summary>
    public required UserId UserId { get; init; }

    /// <summary>The provider.</summary>
    public required CalendarProvider Provider { get; init; }

    /// <summary>The user name at the provider. Personal: never logged.</summary>
    public required string AccountId { get; init; }

    /// <summary>The server that the user chose, or <c>null</c>.</summary>
    public Uri? ServerUrl { get; init; }

    /// <summary>Which way the connection syncs.</summary>
    public required SyncDirection Direction { get; init; }

    /// <summary>The external calendars are to be read: the interval is over, or somebody asked. Otherwise only edits in Rowan are pushed.</summary>
    public required bool Pull { get; init; }

    /// <summary>Everything is to be compared, not only what changed.</summary>
    public required bool Full { get; init; }

    /// <summary>The first import has not been completed yet; until then nothing is exported.</summary>
    public required bool Initial { get; init; }

    /// <summary>Somebody asked for this pass and wants to see it in the history, even if it changes nothing.</summary>
    public required bool Requested { get; init; }

    /// <summary>Edits in Rowan waited at the claim. One that comes later makes the connection due again.</summary>
    public required bool Queued { get; init; }

    /// <summary>Events that could not be read are due for their next try.</summary>
    public bool Retries { get; init; }

    /// <summary>Somebody has decided about deletions that were held back.</summary>
    public bool Decided { get; init; }

    /// <summary>Conflicts were recorded that nobody was told about: a pass ended before it came to that.</summary>
    public bool Untold { get; init; }

    /// <summary>Other members of the space have connected this provider too, and perhaps the same calendar.</summary>
    public bool HasSiblings { get; init; }

    /// <summary>The calendars that are synced at the claim, with their cursors; the target of new events first.</summary>
    public IReadOnlyList<ConnectionCalendarRow> Calendars { get; init; } = [];

    /// <summary>Types of events that are not exported.</summary>
    public IReadOnlyList<string> ExcludedEventTypes { get; init; } = [];

    /// <summary>How long ago the list of calendars was read; <c>null</c> when it never was, or is not to be trusted any more.</summary>
    public Duration? SinceList { get; init; }

    /// <summary>The zone of the user, for days and floating times.</summary>
    public required DateTimeZone Zone { get; init; }

    /// <summary>Transactions of the pass that were committed, see <see cref="LeaseStore.HoldAsync"/>.</summary>
    internal int Step { get; private set; }

    internal void Advance() => Step++;
}

/// <summary>
/// The lease was lost: another worker took it, the connection was removed or disconnected, or Postgres has forgotten a commit of the pass.
/// Nothing of the transaction counts.
/// </summary>
public sealed class LeaseLostException(ConnectionId connectionId) : Exception($"The lease on connection {connectionId.Value} was lost.");
