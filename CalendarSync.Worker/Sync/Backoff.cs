namespace CalendarSync.Worker.Sync;

/// <summary>Pauses between tries of something that is away: short at first, so that a restart is hardly noticed, then longer.</summary>
internal static class Backoff
{
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);

    /// <summary>The pause after so many failures in a row (1, 2, …): 0.25 s, 0.5 s, 1 s … 10 s.</summary>
    public static TimeSpan After(int failures)
    {
        var doubled = Shortest * Math.Pow(2, Math.Min(failures - 1, 16));
        return doubled < Longest ? doubled : Longest;
    }
}
