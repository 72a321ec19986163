namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>A directory of its own, gone with its owner. The name is short: it holds Unix sockets, whose path may have 107 bytes.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("cs-").FullName;

    public string Path { get; }

    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
