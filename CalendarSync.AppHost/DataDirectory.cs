using Microsoft.Extensions.Configuration;

namespace CalendarSync.AppHost;

/// <summary>Where this machine keeps what outlives a run: local databases and the secrets of Development. Outside the repository.</summary>
internal static class DataDirectory
{
    /// <summary><c>CALENDARSYNC_DATA</c>, or <c>calendarsync</c> in the user's state folder.</summary>
    public static string Of(IConfiguration configuration)
    {
        if (configuration["CALENDARSYNC_DATA"] is { Length: > 0 } chosen)
        {
            return Path.GetFullPath(chosen);
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var state = configuration["XDG_STATE_HOME"] is { Length: > 0 } stateHome ? stateHome : Path.Combine(home, ".local", "state");

        // Postgres does not run as root, and its account cannot reach into a home that is closed to others.
        return Path.Combine(Environment.IsPrivilegedProcess && !IsReachable(state) ? "/var/lib" : state, "calendarsync");
    }

    private static bool IsReachable(string path)
    {
        for (var folder = new DirectoryInfo(path); folder is not null; folder = folder.Parent)
        {
            if (folder.Exists && !OperatingSystem.IsWindows() && (folder.UnixFileMode & UnixFileMode.OtherExecute) == 0)
            {
                return false;
            }
        }

        return true;
    }
}
