namespace Aspire.Hosting.Local;

/// <summary>The folder of the local databases, held by one application at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;
    private readonly bool _isTemporary;

    private DataFolder(string path, FileStream @lock, bool isTemporary)
    {
        Path = path;
        _lock = @lock;
        _isTemporary = isTemporary;
    }

    public string Path { get; }

    public static DataFolder Open(string path, bool isTemporary)
    {
        Directory.CreateDirectory(path);
        if (Environment.IsPrivilegedProcess)
        {
            // The databases belong to another account, which has to be able to walk through.
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
        }

        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            var holder = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataFolder(path, holder, isTemporary);
        }
        catch (IOException exception)
        {
            throw new LocalRuntimeException(
                $"CalendarSync already runs on {path}. Stop that one, or set CALENDARSYNC_DATA to another folder (and the ports to others).", exception);
        }
    }

    public void Dispose()
    {
        _lock.Dispose();
        if (_isTemporary)
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
