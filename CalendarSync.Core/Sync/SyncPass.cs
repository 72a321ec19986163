using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using NodaTime;

namespace CalendarSync.Core.Sync;

/// <summary>One pass over one connection: what it works with, and what it has done so far.</summary>
internal sealed class SyncPass(SyncLease lease, ICalendarProvider provider, ProviderAccount account)
{
    public SyncLease Lease { get; } = lease;

    public ICalendarProvider Provider { get; } = provider;

    public ProviderAccount Account { get; } = account;

    /// <summary>The calendars that are synced. What is remembered of the events of others is put aside until they are synced again.</summary>
    public IReadOnlyList<ConnectionCalendarRow> Calendars { get; set; } = lease.Calendars;

    /// <summary>The external calendars have been read in this pass.</summary>
    public bool Pulled { get; set; }

    /// <summary>The queue may hold items of this connection. Where it cannot, the pass does not look.</summary>
    public bool MayPush { get; set; } = lease.Queued || lease.Full;

    /// <summary>Events whose UID is synced from another calendar of the account, as found by this pass: copies, or the event after a move.</summary>
    public List<EventCopy> Copies { get; } = [];

    /// <summary>Events that a push did not find. The calendars are read once for each before it counts as deleted: it may have moved.</summary>
    public HashSet<(string CalendarId, string ExternalId)> Missed { get; } = [];

    /// <summary>What has been recorded so far; pages add to it as they commit.</summary>
    public PassOutcome Outcome { get; set; } = new();

    /// <summary>Milliseconds per phase.</summary>
    public Dictionary<string, long> Phases { get; } = [];

    public ProviderCapabilities Capabilities => Provider.Capabilities;

    /// <summary>The zone in which days and floating times of a calendar are meant.</summary>
    public DateTimeZone ZoneOf(string calendarId) =>
        TimeZones.Find(Calendars.FirstOrDefault(c => c.ExternalCalendarId == calendarId)?.TimeZone) ?? Lease.Zone;

    /// <summary>What a row says, as the provider can hold it.</summary>
    public CalendarEvent Read(RowanEventRow row) => Capabilities.Project(RowanEventMapper.Read(row, Lease.Zone));

    /// <summary>The Rowan side of a base.</summary>
    public string RowanEtag(RowanEventRow row) => ContentHash.Of(Read(row)).Value;

    public void Add(PassOutcome delta) => Outcome = new PassOutcome
    {
        Created = Outcome.Created + delta.Created,
        Updated = Outcome.Updated + delta.Updated,
        Deleted = Outcome.Deleted + delta.Deleted,
        Conflicts = Outcome.Conflicts + delta.Conflicts,
        Failed = Outcome.Failed + delta.Failed,
    };
}
