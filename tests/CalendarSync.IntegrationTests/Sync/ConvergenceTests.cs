using System.Globalization;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Crash;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>
/// The invariants of the design, under random edits on both sides and random faults: convergence, no loss, no doubles. Every edit
/// writes a title of its own, so each version that a person wrote can be found again.
/// </summary>
public sealed class ConvergenceTests(PostgresServer postgres, RedisServer redis, ITestOutputHelper output)
{
    private enum Step
    {
        CreateOutside,
        EditOutside,
        DeleteOutside,
        CreateInside,
        EditInside,
        DeleteInside,
        RestoreInside,
        PurgeInside,
        Pass,
        FailBeforeWrite,
        LoseAnswer,
        BreakPull,
        ExpireCursor,
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 25)]
    [InlineData(2, 15)]
    public async Task Whatever_people_do_and_whatever_fails_both_sides_agree_in_the_end_and_nothing_is_lost(int members, int histories)
    {
        // The same histories in every run, so that a failure is about the change; another first seed looks at others.
        var first = ulong.TryParse(Environment.GetEnvironmentVariable("CALENDARSYNC_HISTORY_SEED"), CultureInfo.InvariantCulture, out var asked) ? asked : 1;
        for (var seed = first; seed < first + (ulong)histories; seed++)
        {
            var source = new SeededSource((seed << 8) + (ulong)members);
            (Step Step, int Pick)[] steps = [.. Enumerable.Range(0, 10 + source.Next(31)).Select(_ => ((Step)source.Next(Enum.GetValues<Step>().Length), source.Next(1001)))];
            try
            {
                await RunAsync(members, steps);
            }
            catch (Exception)
            {
                output.WriteLine($"{members} members, seed {seed}: {string.Join(", ", steps)}");
                throw;
            }
        }
    }

    private async Task RunAsync(int members, (Step Step, int Pick)[] steps)
    {
        await using var sync = await SyncHarness.CreateAsync(postgres, redis, retryDelays: "00:00:00,00:00:00,00:00:00,00:00:00,00:00:00,00:00:00");
        for (var i = 1; i < members; i++)
        {
            // They share the calendar.
            var member = await sync.Database.CreateUserAsync();
            await sync.Database.AddMemberAsync(sync.Space, member);
            await SyncHarness.ConnectAsync(sync.Database, sync.Space, member);
        }

        var alive = new HashSet<string>(StringComparer.Ordinal);
        var count = 0;
        foreach (var (step, pick) in steps)
        {
            await DoAsync(sync, step, pick, () => $"canary-title-{count++}", alive);
        }

        sync.Calendar.BeforeWrite = sync.Calendar.AfterWrite = _ => Task.CompletedTask;
        sync.Calendar.BeforePage = _ => Task.CompletedTask;
        await sync.Database.ExecuteAsync("update calendar_connections set lease_until = null, blocked_until = null");
        await sync.SyncAsync(full: true);
        await sync.SyncAsync();

        var inside = await sync.TitlesAsync();
        await sync.AssertSameTitlesAsync([.. inside]);
        Assert.Equal(inside.Count, inside.Distinct().Count());
        var kept = await sync.Database.QueryAsync<string>(
            """
            select title from events
            union all select rowan_version->>'title' from calendar_sync_conflicts
            union all select external_version->>'title' from calendar_sync_conflicts
            """);
        Assert.Empty(alive.Except(kept));
        await sync.AssertQuietAsync();
    }

    private static async Task DoAsync(SyncHarness sync, Step step, int pick, Func<string> title, HashSet<string> alive)
    {
        switch (step)
        {
            case Step.CreateOutside:
                alive.Add(Written(title()));
                sync.Calendar.Put(Last);
                break;
            case Step.EditOutside when Pick(sync.Calendar.Events.Keys, pick) is { } id:
                alive.Remove(sync.Calendar.Events[id].Content.Title);
                alive.Add(Written(title()));
                sync.Calendar.Edit(id, c => c with { Title = Last });
                break;
            case Step.DeleteOutside when Pick(sync.Calendar.Events.Keys, pick) is { } id:
                alive.Remove(sync.Calendar.Events[id].Content.Title);
                sync.Calendar.Remove(id);
                break;
            case Step.CreateInside:
                alive.Add(Written(title()));
                await sync.Database.CreateEventAsync(sync.Space, Last);
                break;
            case Step.EditInside when Pick(await sync.TitlesAsync(), pick) is { } old:
                alive.Remove(old);
                alive.Add(Written(title()));
                await sync.EditAsync(old, Last);
                break;
            case Step.DeleteInside when Pick(await sync.TitlesAsync(), pick) is { } old:
                alive.Remove(old);
                await sync.DeleteAsync(old);
                break;
            case Step.RestoreInside when Pick(await TrashAsync(sync), pick) is { } old:
                // Writes no version: an edit that somebody made outside meanwhile is on top of the one that comes back.
                await sync.RestoreAsync(old);
                break;
            case Step.PurgeInside when Pick(await TrashAsync(sync), pick) is { } old:
                alive.Remove(old);
                await sync.Database.ExecuteAsync("delete from events where title = @old and deleted_at is not null", new { old });
                break;
            case Step.Pass:
                await PassAsync(sync);
                break;
            case Step.FailBeforeWrite:
                sync.Calendar.BeforeWrite = _ => FailOnce(() => sync.Calendar.BeforeWrite = _ => Task.CompletedTask);
                await PassAsync(sync);
                break;
            case Step.LoseAnswer:
                sync.Calendar.AfterWrite = _ => FailOnce(() => sync.Calendar.AfterWrite = _ => Task.CompletedTask);
                await PassAsync(sync);
                break;
            case Step.BreakPull:
                sync.Calendar.PageSize = 1 + (pick % 4);
                sync.Calendar.BeforePage = page => page == pick % 3
                    ? FailOnce(() => sync.Calendar.BeforePage = _ => Task.CompletedTask)
                    : Task.CompletedTask;
                await PassAsync(sync);
                break;
            case Step.ExpireCursor:
                sync.Calendar.ExpireCursors();
                break;
        }

        string Written(string text) => Last = text;
    }

    private static string Last { get; set; } = "";

    private static async Task PassAsync(SyncHarness sync)
    {
        await sync.Database.ExecuteAsync("update calendar_connections set sync_requested_at = clock_timestamp()");
        foreach (var lease in await sync.Leases.ClaimDueAsync("test", 1, TimeSpan.FromMinutes(1), Cancellation))
        {
            await sync.Session.RunAsync(lease, Cancellation);
        }
    }

    private static Task FailOnce(Action reset)
    {
        reset();
        throw new ProviderException(ProviderFault.Transient, "connection_lost", "The connection was lost.");
    }

    private static async Task<IReadOnlyList<string>> TrashAsync(SyncHarness sync) =>
        await sync.Database.QueryAsync<string>("select title from events where deleted_at is not null order by title");

    private static string? Pick(IEnumerable<string> from, int pick) => from.Order(StringComparer.Ordinal).ToList() is { Count: > 0 } all ? all[pick % all.Count] : null;
}
