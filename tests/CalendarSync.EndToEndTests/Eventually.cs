using System.Diagnostics;

namespace CalendarSync.EndToEndTests;

/// <summary>Waits for real processes: asks again until the answer is right or the deadline has passed, and then says what the last answer was.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task<T> BecomesAsync<T>(Func<Task<T>> ask, Func<T, bool> isRight, TimeSpan deadline, string what)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (isRight(answer))
            {
                return answer;
            }

            Assert.True(waited.Elapsed < deadline, $"{what}: not after {deadline.TotalSeconds} s. Last: {answer}");
            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public static Task<T> BecomesAsync<T>(Func<T> ask, Func<T, bool> isRight, TimeSpan deadline, string what) =>
        BecomesAsync(() => Task.FromResult(ask()), isRight, deadline, what);
}
