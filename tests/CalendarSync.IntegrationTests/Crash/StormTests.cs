using System.Diagnostics;
using System.Globalization;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>
/// Random kills. In a run of all tests a few, always the same; <c>./test storm</c> and <c>./test soak</c> set how many, and with which
/// seed, and are the same code.
/// </summary>
[Collection(CrashServers.Name)]
public sealed class StormTests(CrashServers servers, ITestOutputHelper output)
{
    private const int KillsOfEveryRun = 20;
    private const ulong SeedOfEveryRun = 20_251_201;

    [Fact]
    public async Task Whoever_is_killed_and_whatever_people_do_meanwhile_nothing_is_lost_or_doubled_and_it_comes_to_rest()
    {
        // 0 kills: until somebody ends it.
        var kills = Number("CALENDARSYNC_STORM_KILLS") is { } asked ? (int)asked : KillsOfEveryRun;
        var seed = Number("CALENDARSYNC_STORM_SEED") ?? SeedOfEveryRun;
        await using var storm = await Storm.BeginAsync(servers);
        for (var round = 1; kills == 0 || storm.Kills < kills; round++, seed++)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                var done = await storm.RunRoundAsync(seed);
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"round {round}, {done} ({Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s, {storm.Kills} kills so far)"));
            }
            catch (OperationCanceledException) when (TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                output.WriteLine($"round {round}, seed {seed}: FAILED. Again: ./test storm 1 {seed}");
                throw;
            }
        }
    }

    private static ulong? Number(string variable) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
