namespace CalendarSync.IntegrationTests.Crash;

/// <summary>Random numbers that come again with their seed (SplitMix64).</summary>
internal sealed class SeededSource(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number from 0 up to, and not including, the limit.</summary>
    public int Next(int limit)
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % (ulong)limit);
    }

    /// <summary>One of them; nothing when there is none.</summary>
    public T? Pick<T>(IReadOnlyList<T> from)
        where T : class => from.Count == 0 ? null : from[Next(from.Count)];
}
