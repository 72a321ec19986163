using System.Security.Cryptography;

namespace CalendarSync.Core.Vault;

/// <summary>The key of a developer's machine: made once, kept outside the repository, readable by its owner only.</summary>
internal static class DevelopmentKey
{
    public static string ReadOrCreate() => ReadOrCreate(DefaultPath());

    /// <summary>Reads the file, or makes it. Two hosts that start together get the same key: the file appears whole, and only once.</summary>
    public static string ReadOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            Create(path);
        }

        return File.ReadAllText(path).Trim();
    }

    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var draft = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using (var writer = new StreamWriter(draft, options))
            {
                writer.WriteLine(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(EncryptionKey.Bytes)));
            }

            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another host was quicker; its key is everybody's key.
            File.Delete(draft);
        }
    }

    /// <summary><c>CALENDARSYNC_DATA</c> is where <c>./run</c> keeps the local databases; a key beside them lives and goes with them.</summary>
    private static string DefaultPath()
    {
        var folder = Environment.GetEnvironmentVariable("CALENDARSYNC_DATA");
        if (string.IsNullOrEmpty(folder))
        {
            var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
            folder = Path.Combine(
                string.IsNullOrEmpty(state)
                    ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state")
                    : state,
                "calendarsync");
        }

        return Path.Combine(folder, "encryption-key");
    }
}
