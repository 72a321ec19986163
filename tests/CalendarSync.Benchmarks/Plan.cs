namespace CalendarSync.Benchmarks;

/// <summary>How much is measured.</summary>
internal sealed record Plan(int[] Sizes, int Rounds, int[] MemorySizes, int Connections, int WarmUp, bool Compare)
{
    public static Plan Full { get; } = new([1_000, 10_000], Rounds: 3, [1_000, 10_000, 100_000], Connections: 200, WarmUp: 1_000, Compare: true);

    public static Plan Quick { get; } = new([1_000], Rounds: 3, [1_000, 10_000], Connections: 200, WarmUp: 1_000, Compare: true);

    /// <summary>Whether it works at all, and without the servers that only a comparison needs.</summary>
    public static Plan Smoke { get; } = new([60], Rounds: 1, [60], Connections: 3, WarmUp: 0, Compare: false);
}
