using System.Diagnostics;
using System.Globalization;

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>
/// A directory of its own, gone with its owner. The name is short, because it holds Unix sockets, whose path may have 107 bytes, and
/// says which process made it, so that what a killed test host left behind is swept by the next one.
/// </summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private const string Prefix = "cs-";
    private const string Memory = "/dev/shm";

    /// <param name="inMemory">In memory where there is plenty: copying a database is ten times faster there.</param>
    public TemporaryDirectory(bool inMemory = false)
    {
        var root = inMemory && HasRoom(Memory) ? Memory : System.IO.Path.GetTempPath();
        Sweep(root);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}");
        Path = Directory.CreateDirectory(System.IO.Path.Combine(root, name)).FullName;
    }

    public string Path { get; }

    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static bool HasRoom(string directory) =>
        Directory.Exists(directory) && new DriveInfo(directory).AvailableFreeSpace > 2L << 30;

    private static void Sweep(string root)
    {
        foreach (var directory in Directory.EnumerateDirectories(root, Prefix + "*"))
        {
            var parts = System.IO.Path.GetFileName(directory).Split('-');
            if (parts.Length == 3 && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var owner) && !IsAlive(owner))
            {
                try
                {
                    Directory.Delete(directory, recursive: true);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Another host sweeps at the same time, or it belongs to another user, who will.
                }
            }
        }
    }

    private static bool IsAlive(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
