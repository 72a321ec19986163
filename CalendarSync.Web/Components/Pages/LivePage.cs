using CalendarSync.Web.Api;
using Microsoft.AspNetCore.Components;

namespace CalendarSync.Web.Components.Pages;

/// <summary>What the page shows, read again every few seconds for as long as somebody looks.</summary>
public abstract class LivePage : ComponentBase, IDisposable
{
    /// <summary>How far ahead events are shown.</summary>
    protected const int Weeks = 5;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _closed = new();
    private Guid _user;

    [Inject]
    private protected CalendarApi Api { get; set; } = null!;

    [Inject]
    private protected BrowserZone Browser { get; set; } = null!;

    [Inject]
    private protected NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private protected TimeProvider Clock { get; set; } = null!;

    private protected IReadOnlyList<Space> Spaces { get; private set; } = [];

    private protected Space? Space { get; private set; }

    private protected IReadOnlyList<Connection>? Connections { get; private set; }

    private protected IReadOnlyList<CalendarEvent>? Events { get; private set; }

    private protected IReadOnlyList<Conflict>? Conflicts { get; private set; }

    private protected TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    private protected DateTimeOffset Now { get; private set; }

    /// <summary>Why what is shown may be old.</summary>
    private protected string? Trouble { get; private set; }

    /// <summary>A person has one CalDAV account in a space.</summary>
    private protected bool IsConnected => Connections?.Any(c => c.UserId == _user && c.Provider == "apple" && c.SyncStatus != "disconnected") == true;

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
        {
            return;
        }

        try
        {
            Zone = await Browser.GetAsync();
            var session = await Api.GetSessionAsync();
            (_user, Spaces) = (session.User.Id, session.Spaces);
            Space = Spaces.Count > 0 ? Spaces[0] : null;
            await RefreshAsync();
            await KeepFreshAsync();
        }
        catch (ApiException problem) when (problem.IsSignedOut)
        {
            Navigation.NavigateTo("/signin", forceLoad: true);
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            // The person went away.
        }
    }

    private protected Task ChooseAsync(Space space)
    {
        (Space, Connections, Events, Conflicts) = (space, null, null, null);
        return RefreshAsync();
    }

    private protected bool MayManage(Connection connection) => connection.UserId == _user || Space?.Role is "owner" or "admin";

    /// <summary>Reads everything again; what could not be read stays as it was, with a word about it.</summary>
    private protected async Task RefreshAsync()
    {
        if (Space is not { } space)
        {
            return;
        }

        try
        {
            Now = Clock.GetUtcNow();
            var from = new DateTimeOffset(TimeZoneInfo.ConvertTime(Now, Zone).Date, Zone.GetUtcOffset(Now));
            var connections = Api.GetConnectionsAsync(space.Id, _closed.Token);
            var events = Api.GetEventsAsync(space.Id, from, from.AddDays(7 * Weeks), _closed.Token);
            var conflicts = Api.GetConflictsAsync(space.Id, _closed.Token);
            await Task.WhenAll(connections, events, conflicts);
            if (Space == space)
            {
                (Connections, Events, Conflicts, Trouble) = (await connections, await events, await conflicts, null);
            }
        }
        catch (ApiException problem) when (!problem.IsSignedOut)
        {
            Trouble = problem.Message;
        }

        StateHasChanged();
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        _closed.Cancel();
        _closed.Dispose();
    }

    private async Task KeepFreshAsync()
    {
        using var timer = new PeriodicTimer(Interval, Clock);
        while (await timer.WaitForNextTickAsync(_closed.Token))
        {
            await RefreshAsync();
        }
    }
}
