using CalendarSync.Web.Sessions;
using Microsoft.AspNetCore.Components.Authorization;

namespace CalendarSync.Web.Api;

/// <summary>The public HTTP API as the person of this circuit, with the token of their session.</summary>
internal sealed class CalendarApi(ApiTransport transport, SessionStore sessions, AuthenticationStateProvider authentication)
{
    /// <exception cref="ApiException">The session has ended.</exception>
    public async Task<Session> GetSessionAsync()
    {
        var state = await authentication.GetAuthenticationStateAsync();
        return sessions.Find(state.User.SessionKey()) ?? throw new ApiException("Please sign in again.", "unauthorized");
    }

    public async Task<IReadOnlyList<Connection>> GetConnectionsAsync(Guid space, CancellationToken cancellationToken) =>
        (await SendAsync<ConnectionList>(HttpMethod.Get, $"api/calendar/connections?space_id={space}", null, cancellationToken)).Connections;

    public async Task<IReadOnlyList<CalendarEvent>> GetEventsAsync(Guid space, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        (await SendAsync<EventList>(
            HttpMethod.Get, $"api/calendar?space_id={space}&from={from.UtcDateTime:s}Z&to={to.UtcDateTime:s}Z", null, cancellationToken)).Data;

    /// <summary>The newest conflicts that people care about.</summary>
    public async Task<IReadOnlyList<Conflict>> GetConflictsAsync(Guid space, CancellationToken cancellationToken) =>
        [.. (await SendAsync<ConflictPage>(HttpMethod.Get, $"api/calendar/conflicts?space_id={space}&limit=10", null, cancellationToken))
            .Conflicts.Where(conflict => conflict.Kind != "same_edit").Take(5)];

    public Task ResolveConflictAsync(Guid id, string winningSource, CancellationToken cancellationToken) =>
        SendAsync<object>(HttpMethod.Post, $"api/calendar/conflicts/{id}/resolve", new { WinningSource = winningSource }, cancellationToken);

    public Task<Connected> ConnectAsync(ConnectRequest request, CancellationToken cancellationToken) =>
        SendAsync<Connected>(HttpMethod.Post, "api/calendar/connect/apple", request, cancellationToken);

    public Task<SyncOutcome> SyncAsync(Guid connection, CancellationToken cancellationToken) =>
        SendAsync<SyncOutcome>(HttpMethod.Post, "api/calendar/sync", new { ConnectionId = connection }, cancellationToken);

    public async Task<IReadOnlyList<AccountCalendar>> GetCalendarsAsync(Guid connection, CancellationToken cancellationToken) =>
        (await SendAsync<CalendarList>(HttpMethod.Get, $"api/calendar/connections/{connection}/calendars", null, cancellationToken)).Calendars;

    public Task ChangeConnectionAsync(Guid connection, ConnectionChange change, CancellationToken cancellationToken) =>
        SendAsync<object>(HttpMethod.Patch, $"api/calendar/connections/{connection}", change, cancellationToken);

    public Task ReconnectAsync(Guid connection, string password, CancellationToken cancellationToken) =>
        SendAsync<object>(HttpMethod.Post, $"api/calendar/connections/{connection}/reconnect", new { AppSpecificPassword = password }, cancellationToken);

    public Task<Disconnected> DisconnectAsync(Guid connection, bool deleteEvents, CancellationToken cancellationToken) => SendAsync<Disconnected>(
        HttpMethod.Post, "api/calendar/disconnect", new { ConnectionId = connection, DeleteSyncedEvents = deleteEvents }, cancellationToken);

    public async Task<IReadOnlyList<HeldDeletion>> GetHeldDeletionsAsync(Guid connection, CancellationToken cancellationToken) =>
        (await SendAsync<HeldDeletionList>(HttpMethod.Get, $"api/calendar/connections/{connection}/held-deletions", null, cancellationToken)).Events;

    public Task DecideHeldDeletionsAsync(Guid connection, string decision, CancellationToken cancellationToken) =>
        SendAsync<object>(HttpMethod.Post, $"api/calendar/connections/{connection}/held-deletions", new { Decision = decision }, cancellationToken);

    public async Task<IReadOnlyList<SyncError>> GetErrorsAsync(Guid connection, CancellationToken cancellationToken) =>
        (await SendAsync<ErrorList>(HttpMethod.Get, $"api/calendar/errors?connection_id={connection}", null, cancellationToken)).Errors;

    public Task RetryAsync(Guid error, CancellationToken cancellationToken) =>
        SendAsync<object>(HttpMethod.Post, $"api/calendar/errors/{error}/retry", null, cancellationToken);

    public Task CreateEventAsync(NewEvent created, CancellationToken cancellationToken) =>
        SendAsync<object>(HttpMethod.Post, "api/calendar", created, cancellationToken);

    public Task RenameEventAsync(Guid id, string title, CancellationToken cancellationToken) =>
        SendAsync<object>(HttpMethod.Patch, $"api/calendar/{id}", new { Title = title }, cancellationToken);

    public Task DeleteEventAsync(Guid id, CancellationToken cancellationToken) =>
        SendAsync<object>(HttpMethod.Delete, $"api/calendar/{id}", null, cancellationToken);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        var session = await GetSessionAsync();
        return await transport.SendAsync<T>(method, path, session.Token, body, cancellationToken);
    }

    private sealed record ConnectionList(IReadOnlyList<Connection> Connections);

    private sealed record ConflictPage(IReadOnlyList<Conflict> Conflicts);

    private sealed record HeldDeletionList(IReadOnlyList<HeldDeletion> Events);

    private sealed record ErrorList(IReadOnlyList<SyncError> Errors);

    private sealed record CalendarList(IReadOnlyList<AccountCalendar> Calendars);

    private sealed record EventList(IReadOnlyList<CalendarEvent> Data);
}
