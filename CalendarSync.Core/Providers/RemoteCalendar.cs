namespace CalendarSync.Core.Providers;

/// <summary>A calendar of an account.</summary>
/// <param name="Id">The provider's id, stable: the collection's path for CalDAV, in its canonical form.</param>
/// <param name="Name">As shown to people; never logged.</param>
/// <param name="Color"><c>#RRGGBB</c> or <c>null</c>.</param>
/// <param name="TimeZone">IANA zone of the calendar, where it says one.</param>
/// <param name="ReadOnly">The account may not write events in it.</param>
/// <param name="Primary">The calendar that the provider treats as the account's own.</param>
/// <param name="Ctag">A value that changes when anything in the calendar does, where the provider has one.</param>
/// <param name="SyncToken">The current position of the change feed, where the provider has one.</param>
public sealed record RemoteCalendar(
    string Id,
    string Name,
    string? Color = null,
    string? TimeZone = null,
    bool ReadOnly = false,
    bool Primary = false,
    string? Ctag = null,
    string? SyncToken = null);
