using CalendarSync.Core.Model;
using CalendarSync.Core.Notifications;
using CalendarSync.Core.Persistence;
using CalendarSync.IntegrationTests.Fixtures;
using NodaTime;

namespace CalendarSync.IntegrationTests.Notifications;

public sealed class NotificationStoreTests(PostgresServer postgres) : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private NotificationStore _store = null!;
    private SyncLease _lease = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _store = new NotificationStore(_database.WorkerDatabase);
        var user = await _database.CreateUserAsync();
        var space = await _database.CreateSpaceAsync(user);
        await _database.CreateConnectionAsync(space, user, due: true);
        _lease = Assert.Single(await new LeaseStore(_database.WorkerDatabase).ClaimDueAsync("test", 1, TimeSpan.FromMinutes(1), Cancellation));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Failed_events_are_told_once_to_the_one_who_connected_the_calendar()
    {
        await FailAsync("canary-title-dentist");

        await _store.TellFailedItemsAsync(_lease, Cancellation);
        await _store.TellFailedItemsAsync(_lease, Cancellation);

        var notice = Assert.Single(await NoticesAsync());
        Assert.Equal(_lease.UserId.Value, notice.UserId);
        Assert.Equal(_lease.SpaceId.Value, notice.SpaceId);
        Assert.Equal(_lease.ConnectionId.Value, notice.RelatedItemId);
        Assert.Equal("“canary-title-dentist” could not be synced", notice.Title);
        Assert.Equal("/settings?tab=integrations", notice.ActionUrl);
    }

    [Fact]
    public async Task Many_failed_events_of_a_pass_are_one_notice()
    {
        for (var index = 0; index < 7; index++)
        {
            await FailAsync($"canary-title-{index}");
        }

        await _store.TellFailedItemsAsync(_lease, Cancellation);

        Assert.Equal("7 events could not be synced", Assert.Single(await NoticesAsync()).Title);
    }

    [Fact]
    public async Task An_unread_notice_is_brought_up_to_date_and_a_read_one_is_followed_by_another()
    {
        await FailAsync("canary-title-1");
        await _store.TellFailedItemsAsync(_lease, Cancellation);
        await FailAsync("canary-title-2");
        await _store.TellFailedItemsAsync(_lease, Cancellation);
        Assert.Equal("2 events could not be synced", Assert.Single(await NoticesAsync()).Title);

        await _database.ExecuteAsync("update in_app_notifications set is_read = true");
        await FailAsync("canary-title-3");
        await _store.TellFailedItemsAsync(_lease, Cancellation);

        Assert.Equal(["2 events could not be synced", "3 events could not be synced"], (await NoticesAsync()).Select(n => n.Title).Order());
    }

    [Fact]
    public async Task Nothing_new_tells_nobody_anything()
    {
        await FailAsync("canary-title-1");
        await _database.ExecuteAsync("update calendar_sync_errors set resolved_at = now()");

        await _store.TellFailedItemsAsync(_lease, Cancellation);

        Assert.Empty(await NoticesAsync());
    }

    [Fact]
    public async Task Lost_access_is_one_notice_however_often_it_is_found()
    {
        await _store.TellLostAccessAsync(_lease, "The password is not accepted any more.", Cancellation);
        await _store.TellLostAccessAsync(_lease, "The password is not accepted any more.", Cancellation);

        Assert.Equal("Reconnect your Apple Calendar", Assert.Single(await NoticesAsync()).Title);
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_tells_nothing()
    {
        await FailAsync("canary-title-1");
        var late = _lease with { Fence = _lease.Fence - 1 };

        await Assert.ThrowsAsync<LeaseLostException>(() => _store.TellFailedItemsAsync(late, Cancellation));
        await Assert.ThrowsAsync<LeaseLostException>(() => _store.TellLostAccessAsync(late, "Late.", Cancellation));

        Assert.Empty(await NoticesAsync());
    }

    [Fact]
    public async Task A_user_whom_Rowan_does_not_list_is_no_failure()
    {
        var stranger = _lease with { UserId = new UserId(Guid.NewGuid()), Zone = DateTimeZone.Utc };

        await _store.TellLostAccessAsync(stranger, "The password is not accepted any more.", Cancellation);

        Assert.Empty(await NoticesAsync());
    }

    private Task<int> FailAsync(string title) => _database.ExecuteAsync(
        """
        insert into calendar_sync_errors (connection_id, rowan_event_id, direction, operation, title, code, message)
        values (@connection, gen_random_uuid(), 'outbound', 'create', @title, 'read_only', 'The calendar is read-only.')
        """,
        new { connection = _lease.ConnectionId, title });

    private Task<IReadOnlyList<NoticeRow>> NoticesAsync() => _database.QueryAsync<NoticeRow>(
        "select user_id, space_id, related_item_id, title, action_url from in_app_notifications");

    private sealed record NoticeRow
    {
        public Guid UserId { get; init; }

        public Guid SpaceId { get; init; }

        public Guid RelatedItemId { get; init; }

        public string Title { get; init; } = "";

        public string ActionUrl { get; init; } = "";
    }
}
