using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>What could not be synced is tried again, by itself and on request, although nothing about it seems to have changed.</summary>
public sealed class RetryTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_that_could_not_be_read_is_read_again_when_its_time_has_come_without_a_pull()
    {
        await using var sync = await UnreadableAsync();
        sync.Calendar.Unreadable.Clear();
        await sync.SyncAsync();
        Assert.Empty(await sync.TitlesAsync());
        var pulls = sync.Calendar.Pulls;

        await sync.Database.ExecuteAsync("update calendar_sync_errors set next_retry_at = now()");
        await sync.RunDueAsync();

        Assert.Equal(pulls, sync.Calendar.Pulls);
        await sync.AssertSameTitlesAsync("canary-title");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_errors where resolved_at is null"));
        await sync.AssertQuietAsync();
    }

    [Fact]
    public async Task One_that_still_cannot_be_read_rests_ever_longer()
    {
        await using var sync = await UnreadableAsync();
        foreach (var rest in new[] { "6 hours", "1 day", "1 day" })
        {
            await sync.Database.ExecuteAsync("update calendar_sync_errors set next_retry_at = now()");
            await sync.RunDueAsync();
            Assert.True(await sync.Database.QuerySingleAsync<bool>(
                "select next_retry_at between now() + @rest::interval - interval '5 minutes' and now() + @rest::interval from calendar_sync_errors where resolved_at is null",
                new { rest }));
        }
    }

    [Fact]
    public async Task An_error_in_a_calendar_that_is_not_synced_any_more_does_not_keep_the_worker_busy()
    {
        await using var sync = await UnreadableAsync();
        await sync.Database.ExecuteAsync("update calendar_sync_errors set next_retry_at = now(), external_calendar_id = 'elsewhere'");
        Assert.Equal(1, await sync.RunDueAsync());
        Assert.Equal(0, await sync.RunDueAsync());
    }

    [Fact]
    public async Task On_request_an_event_is_read_again_at_once_and_twice_is_harmless()
    {
        await using var sync = await UnreadableAsync();
        sync.Calendar.Unreadable.Clear();
        var error = await sync.Database.QuerySingleAsync<Guid>("select id from calendar_sync_errors");
        Assert.True(await RetryAsync(sync, error));
        Assert.True(await RetryAsync(sync, error));
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title");
        Assert.False(await RetryAsync(sync, error));
        await sync.RunDueAsync();
        await sync.AssertQuietAsync();
    }

    // 60: to wait is asked of the account. An event is not given up for it, however often.
    [Fact]
    public async Task An_edit_that_has_to_wait_for_its_account_is_never_given_up()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        var waits = 6;
        sync.Calendar.AnswerInstead = _ => waits-- > 0 ? new WriteResult.Failed("rate_limited", "Later.") : null;

        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_errors"));
    }

    [Fact]
    public async Task On_request_an_edit_that_was_refused_goes_out_again()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        sync.Calendar.AnswerInstead = _ => new WriteResult.Rejected("too_large", "The event is larger than the calendar allows.");
        await sync.Database.CreateEventAsync(sync.Space, "canary-title");
        await sync.RunDueAsync();
        sync.Calendar.AnswerInstead = _ => null;
        await sync.SyncAsync();
        Assert.Empty(sync.Calendar.Events);
        Assert.True(await sync.Database.QuerySingleAsync<bool>("select next_retry_at > now() from calendar_sync_errors where resolved_at is null"));

        Assert.True(await RetryAsync(sync, await sync.Database.QuerySingleAsync<Guid>("select id from calendar_sync_errors where resolved_at is null")));
        await sync.RunDueAsync();

        await sync.AssertSameTitlesAsync("canary-title");
        Assert.Equal(0, await sync.CountAsync("calendar_sync_errors where resolved_at is null"));
        await sync.AssertQuietAsync();
    }

    private async Task<SyncHarness> UnreadableAsync()
    {
        var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Unreadable.Add(sync.Calendar.Put("canary-title"));
        await sync.RunDueAsync();
        return sync;
    }

    private static async Task<bool?> RetryAsync(SyncHarness sync, Guid error)
    {
        await using var transaction = await sync.Database.ApiDatabase.BeginAsUserAsync(sync.User, Cancellation);
        var retried = await SyncErrorStore.RetryAsync(transaction, error, Cancellation);
        await transaction.CommitAsync(Cancellation);
        return retried;
    }
}
