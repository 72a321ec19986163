namespace CalendarSync.IntegrationTests.Conformance;

/// <summary>Numbers that look random and are the same for the same seed on every machine and version (splitmix64).</summary>
public sealed class Dice(int seed)
{
    private ulong _state = (ulong)seed;

    /// <summary>From 0 to one less than <paramref name="below"/>.</summary>
    public int Roll(int below)
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (ulong)below);
    }

    /// <summary>From <paramref name="least"/> to one less than <paramref name="below"/>.</summary>
    public int Roll(int least, int below) => least + Roll(below - least);
}
