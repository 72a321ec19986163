using System.Diagnostics;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>What a pass costs, in requests and round trips: counts, never times.</summary>
public sealed class SyncCostTests(PostgresServer postgres, RedisServer redis)
{
    [Fact]
    public async Task A_pass_that_finds_nothing_is_one_request_and_three_round_trips()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        sync.Calendar.Put("canary-title");
        await sync.RunDueAsync();
        await sync.Database.ExecuteAsync("update calendar_connections set next_sync_at = now()");

        // The calendar signs in as the real one does: claim, password, outcome.
        sync.Calendar.BeforePage = async _ => await sync.Calendar.LastAccount!.ReadSecretAsync(SecretKind.AppSpecificPassword, TestContext.Current.CancellationToken);
        var pulls = sync.Calendar.Pulls;
        var lists = sync.Calendar.Lists;
        var passes = 0;
        var statements = await CountStatementsAsync(async () =>
        {
            foreach (var lease in await sync.Leases.ClaimDueAsync("test", 1, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken))
            {
                await sync.Session.RunAsync(lease, TestContext.Current.CancellationToken);
                passes++;
            }
        });

        Assert.Equal((1, 1, 0, 3), (passes, sync.Calendar.Pulls - pulls, sync.Calendar.Lists - lists, statements));
    }

    [Fact]
    public async Task Passes_that_find_nothing_add_up_in_one_row_of_the_history()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        var before = await sync.CountAsync("calendar_sync_logs");
        for (var i = 0; i < 3; i++)
        {
            await sync.Database.ExecuteAsync("update calendar_connections set next_sync_at = now()");
            await sync.RunDueAsync();
        }

        Assert.Equal(before + 1, await sync.CountAsync("calendar_sync_logs"));
        Assert.Equal(3, await sync.Database.QuerySingleAsync<int>("select max(quiet_passes) from calendar_sync_logs"));
    }

    [Fact]
    public async Task A_page_of_events_costs_no_more_statements_than_one_event()
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis);
        await sync.RunDueAsync();
        sync.Calendar.PageSize = 200;
        sync.Calendar.Put("canary-title");
        var one = await CountStatementsAsync(() => sync.SyncAsync());
        for (var i = 0; i < 200; i++)
        {
            sync.Calendar.Put($"canary-title-{i}");
        }

        Assert.Equal(one, await CountStatementsAsync(() => sync.SyncAsync()));
        Assert.Equal(201, await sync.CountAsync("events"));
    }

    private static async Task<int> CountStatementsAsync(Func<Task> run)
    {
        var count = 0;
        using var source = new ActivitySource("CalendarSync.Tests");
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name is "Npgsql" or "CalendarSync.Tests",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        using var root = new Activity("root").Start();
        listener.ActivityStopped = activity =>
        {
            if (activity.Source.Name == "Npgsql" && activity.TraceId == root.TraceId)
            {
                Interlocked.Increment(ref count);
            }
        };
        ActivitySource.AddActivityListener(listener);
        await run();
        return count;
    }
}
