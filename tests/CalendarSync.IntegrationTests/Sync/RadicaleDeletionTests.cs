using CalendarSync.IntegrationTests.CalDav;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>Held deletions and moves with a real CalDAV server outside (scenarios 14, 21 and 66).</summary>
public sealed class RadicaleDeletionTests(PostgresServer postgres, RedisServer redis, RadicaleServer radicale) : IAsyncLifetime
{
    private readonly CalDavHost _caldav = new();
    private RadicaleAccount _account = null!;
    private SyncHarness _sync = null!;
    private Uri _family = null!;
    private Uri _work = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _account = await radicale.CreateAccountAsync();
        _family = await _account.CreateCalendarAsync();
        _work = await _account.CreateCalendarAsync("work", "Work");
        _sync = await SyncHarness.CreateAsync(postgres, redis, provider: _caldav.Provider, password: _account.Password);
        await _sync.Database.ExecuteAsync(
            """
            update calendar_connections set server_url = @server, provider_account_id = @account;
            delete from calendar_connection_calendars;
            """,
            new { server = radicale.Url.ToString(), account = _account.Email });
        await _sync.Database.CreateCalendarAsync(_sync.Connection, Uri.UnescapeDataString(_family.AbsolutePath));
        await _sync.Database.CreateCalendarAsync(_sync.Connection, Uri.UnescapeDataString(_work.AbsolutePath), target: false);
    }

    public async ValueTask DisposeAsync()
    {
        await _sync.DisposeAsync();
        await _caldav.DisposeAsync();
        _account.Dispose();
    }

    [Theory]
    [InlineData("approve", 1)]
    [InlineData("reject", 12)]
    public async Task A_calendar_that_was_emptied_waits_for_a_decision(string decision, int left)
    {
        await FillAsync(12);
        for (var i = 1; i < 12; i++)
        {
            await _account.DeleteEventAsync(_family, $"canary-{i}");
        }

        await _sync.SyncAsync();
        Assert.Equal(12, (await _sync.TitlesAsync()).Count);
        Assert.Equal(11, await _sync.CountAsync("calendar_held_deletions"));
        await AssertQuietAsync();

        await DecideAsync(decision);
        Assert.Equal(left, (await _sync.TitlesAsync()).Count);
        Assert.Equal(left, await _account.CountEventsAsync(_family));
        await AssertQuietAsync();
    }

    [Theory]
    [InlineData("approve", 0)]
    [InlineData("reject", 12)]
    public async Task A_space_that_was_emptied_waits_for_a_decision(string decision, int left)
    {
        await FillAsync(12);
        await _sync.Database.ExecuteAsync("update events set deleted_at = now()");
        await _sync.RunDueAsync();
        Assert.Equal(12, await _account.CountEventsAsync(_family));
        await AssertQuietAsync();

        await DecideAsync(decision);
        Assert.Equal(left, (await _sync.TitlesAsync()).Count);
        Assert.Equal(left, await _account.CountEventsAsync(_family));
        await AssertQuietAsync();
    }

    [Fact]
    public async Task An_event_that_moves_between_calendars_keeps_its_row()
    {
        await FillAsync(1);
        var row = await _sync.Database.QuerySingleAsync<Guid>("select id from events");
        await _account.DeleteEventAsync(_family, "canary-0");
        await _account.PutSimpleEventAsync(_work, "canary-0", "canary-title-moved", "20270314T090000Z", "20270314T100000Z");
        await _sync.SyncAsync();

        Assert.Equal(
            (row, "canary-title-moved", true),
            await _sync.Database.QuerySingleAsync<(Guid, string, bool)>("select id, title, deleted_at is null from events"));
        await _sync.EditAsync("canary-title-moved", "canary-title-ours");
        await _sync.RunDueAsync();
        Assert.Contains("canary-title-ours", await _account.GetEventAsync(_work, "canary-0"), StringComparison.Ordinal);
        Assert.Equal(0, await _account.CountEventsAsync(_family));
        await AssertQuietAsync();
    }

    private async Task FillAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _account.PutSimpleEventAsync(_family, $"canary-{i}", $"canary-title-{i}", $"202703{i + 1:00}T090000Z", $"202703{i + 1:00}T100000Z");
        }

        await _sync.RunDueAsync();
        Assert.Equal(count, (await _sync.TitlesAsync()).Count);
    }

    private async Task DecideAsync(string decision)
    {
        await using (var transaction = await _sync.Database.ApiDatabase.BeginAsUserAsync(_sync.User, Cancellation))
        {
            await Core.Persistence.HeldDeletionStore.DecideAsync(transaction, _sync.Connection, decision == "approve", Cancellation);
            await transaction.CommitAsync(Cancellation);
        }

        await _sync.RunDueAsync();
    }

    private async Task AssertQuietAsync()
    {
        var before = await SnapshotAsync();
        await _sync.SyncAsync(full: true);
        Assert.Equal(before, await SnapshotAsync());
    }

    // Radicale writes DTSTAMP and the like as they were sent, so a write would show.
    private async Task<string> SnapshotAsync() => string.Join(
        '\n',
        [
            await _account.ExportAsync(_family),
            await _account.ExportAsync(_work),
            .. await _sync.Database.QueryAsync<string>("select id::text || title || coalesce(deleted_at::text, '') || updated_at::text from events order by id"),
        ]);
}
