namespace CalendarSync.EndToEndTests.LocalRuntime;

/// <summary>A data folder that lives as long as its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("calendarsync-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
