using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>Who is told about conflicts, and how often.</summary>
public sealed class ConflictNoticeTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_conflicts_of_a_pass_are_one_notice_and_later_passes_repeat_nothing()
    {
        await using var sync = await ConnectedAsync(3);
        await ConflictAsync(sync);
        await sync.SyncAsync(full: true);

        var notice = Assert.Single(await NoticesAsync(sync));
        Assert.Equal((sync.User.Value, "3 events were changed in two places"), (notice.User, notice.Title));
        Assert.Contains("were changed in both Rowan and Apple Calendar", notice.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_member_who_made_the_edit_is_told_about_it_and_about_no_other()
    {
        await using var sync = await ConnectedAsync(2);
        var ben = await MemberAsync(sync);
        await EditAsAsync(sync, ben, "canary-title-0", "canary-title-ours");
        await sync.Database.ExecuteAsync("update events set location = 'canary-place' where title = 'canary-title-1'");
        Diverge(sync);
        await sync.SyncAsync();

        var notices = (await NoticesAsync(sync)).ToDictionary(n => n.User, n => (n.Title, n.Content));
        Assert.Equal(2, notices.Count);
        Assert.Equal("2 events were changed in two places", notices[sync.User.Value].Title);
        Assert.Equal(
            ("“canary-title-ours” was changed in two places",
             "Event 'canary-title-ours' was modified in both Rowan and Apple Calendar. Apple Calendar version was kept. The other version is kept too: you can bring it back in the calendar settings."),
            notices[ben.Value]);
    }

    [Fact]
    public async Task The_last_of_several_editors_is_told()
    {
        await using var sync = await ConnectedAsync(1);
        var (ben, cleo) = (await MemberAsync(sync), await MemberAsync(sync));
        await EditAsAsync(sync, ben, "canary-title-0", "canary-title-bens");
        await EditAsAsync(sync, cleo, "canary-title-bens", "canary-title-cleos");
        Diverge(sync);
        await sync.SyncAsync();

        Assert.Equal(new[] { sync.User.Value, cleo.Value }.Order(), (await NoticesAsync(sync)).Select(n => n.User).Order());
    }

    [Fact]
    public async Task Who_left_the_space_is_told_nothing()
    {
        await using var sync = await ConnectedAsync(1);
        var ben = await MemberAsync(sync);
        await EditAsAsync(sync, ben, "canary-title-0", "canary-title-ours");
        await sync.Database.ExecuteAsync("delete from space_members where user_id = @ben", new { ben = ben.Value });
        Diverge(sync);
        await sync.SyncAsync();

        Assert.Equal(sync.User.Value, Assert.Single(await NoticesAsync(sync)).User);
    }

    [Fact]
    public async Task An_unread_notice_grows_and_a_read_one_is_followed_by_another()
    {
        await using var sync = await ConnectedAsync(1);
        await ConflictAsync(sync);
        await ConflictAsync(sync);
        Assert.Equal("2 events were changed in two places", Assert.Single(await NoticesAsync(sync)).Title);

        await sync.Database.ExecuteAsync("update in_app_notifications set is_read = true");
        await ConflictAsync(sync);

        Assert.Equal(2, (await NoticesAsync(sync)).Count);
        Assert.Contains("was changed in two places", (await NoticesAsync(sync))[1].Title, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_pass_that_died_did_not_tell_the_next_one_tells()
    {
        await using var sync = await ConnectedAsync(1);
        await ConflictAsync(sync);
        await sync.Database.ExecuteAsync("delete from in_app_notifications; update calendar_sync_conflicts set notified_at = null");

        await sync.SyncAsync();
        await sync.SyncAsync();

        Assert.Single(await NoticesAsync(sync));
    }

    private async Task<SyncHarness> ConnectedAsync(int events)
    {
        var sync = await SyncHarness.CreateAsync(postgres, redis);
        for (var i = 0; i < events; i++)
        {
            sync.Calendar.Put($"canary-title-{i}");
        }

        await sync.RunDueAsync();
        return sync;
    }

    private static async Task ConflictAsync(SyncHarness sync)
    {
        await sync.Database.ExecuteAsync("update events set location = gen_random_uuid()::text");
        Diverge(sync);
        await sync.SyncAsync();
    }

    private static void Diverge(SyncHarness sync)
    {
        foreach (var id in sync.Calendar.Events.Keys)
        {
            sync.Calendar.Edit(id, c => c with { Description = Guid.NewGuid().ToString() });
        }
    }

    private static async Task<UserId> MemberAsync(SyncHarness sync)
    {
        var user = await sync.Database.CreateUserAsync();
        await sync.Database.AddMemberAsync(sync.Space, user);
        return user;
    }

    private static async Task EditAsAsync(SyncHarness sync, UserId user, string title, string newTitle)
    {
        await using var transaction = await sync.Database.ApiDatabase.BeginAsUserAsync(user, Cancellation);
        await transaction.ExecuteAsync("update events set title = @newTitle where title = @title", new { title, newTitle }, Cancellation);
        await transaction.CommitAsync(Cancellation);
    }

    private static Task<IReadOnlyList<Told>> NoticesAsync(SyncHarness sync) =>
        sync.Database.QueryAsync<Told>("select user_id as user, title, content from in_app_notifications order by created_at, id");

    private sealed record Told
    {
        public Guid User { get; init; }

        public string Title { get; init; } = "";

        public string Content { get; init; } = "";
    }
}
