using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;

namespace CalendarSync.AppHost;

internal static class Secrets
{
    /// <summary>
    /// A secret parameter. Its value is <c>Parameters:name</c> or the environment variable of the configuration page; in Development it is
    /// otherwise made once and kept beside the local databases; anywhere else it must be given.
    /// </summary>
    public static IResourceBuilder<ParameterResource> AddSecret(this IDistributedApplicationBuilder builder, string name, string? variable = null)
    {
        var configuration = builder.Configuration;
        if (builder.ExecutionContext.IsPublishMode)
        {
            return builder.AddParameter(name, secret: true);
        }

        if (variable is not null && configuration[variable] is { Length: > 0 } given)
        {
            return builder.AddParameter(name, () => given, secret: true);
        }

        var isGiven = configuration[$"Parameters:{name}"] is not null || configuration[$"Parameters:{name.Replace('-', '_')}"] is not null;
        return isGiven || !builder.Environment.IsDevelopment()
            ? builder.AddParameter(name, secret: true)
            : builder.AddParameter(name, () => GetOrCreate(Path.Combine(DataDirectory.Of(configuration), "secrets"), name), secret: true);
    }

    /// <summary>64 hexadecimal characters: what the token key needs, and safe in every connection string.</summary>
    private static string GetOrCreate(string folder, string name)
    {
        var file = Path.Combine(folder, name);
        if (File.Exists(file))
        {
            return File.ReadAllText(file).Trim();
        }

        Directory.CreateDirectory(folder);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var value = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        using var writer = new StreamWriter(file, options);
        writer.Write(value);
        return value;
    }
}
