using CalendarSync.Core.Providers;

namespace CalendarSync.IntegrationTests.Conformance;

/// <summary>A calendar of a provider under test, empty at first, and the hand of another client that edits it behind the provider's back.</summary>
public abstract class ConformanceCalendar : IAsyncDisposable
{
    public abstract ICalendarProvider Provider { get; }

    public abstract ProviderAccount Account { get; }

    /// <summary>As <see cref="ICalendarProvider.ListCalendarsAsync"/> gives it.</summary>
    public abstract string CalendarId { get; }

    /// <summary>Whether the server looks at passwords at all.</summary>
    public virtual bool ChecksPasswords => true;

    /// <summary>Adds an event of one hour on 14 March 2026, 10:00 in Berlin.</summary>
    /// <returns>Its external id.</returns>
    public abstract Task<string> AddOutsideAsync(string title);

    /// <summary>Replaces the title.</summary>
    public abstract Task EditOutsideAsync(string externalId, string title);

    public abstract Task DeleteOutsideAsync(string externalId);

    /// <summary>The event as another client sees it; <c>null</c> when it is gone.</summary>
    public abstract Task<string?> ReadOutsideAsync(string externalId);

    /// <summary>Adds something that is listed and cannot be read as an event.</summary>
    public abstract Task<string> AddUnreadableAsync();

    public abstract Task DeleteCalendarAsync();

    /// <summary>The same cursor after the server has forgotten it.</summary>
    public abstract string Forget(string cursor);

    /// <summary>The number of requests that the provider has sent so far.</summary>
    public abstract int Requests { get; }

    public abstract ValueTask DisposeAsync();
}
