using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Aspire.Hosting.Local;

/// <summary>A Redis server of our own: loopback only, with a password, and without persistence, because it never holds truth.</summary>
internal static class Redis
{
    public static async Task<Command> PrepareAsync(RedisResource redis, StartContext context, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(context.DataDirectory, redis.Name)).FullName;

        // A file, because other users of the machine can read command lines.
        var file = Path.Combine(folder, "redis.conf");
        await File.WriteAllTextAsync(file, "", cancellationToken);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(
            file,
            $"""
            bind 127.0.0.1
            port {redis.PrimaryEndpoint.Port.ToString(CultureInfo.InvariantCulture)}
            requirepass {await redis.PasswordParameter.GetValueAsync(cancellationToken)}
            dir "{folder}"
            save ""
            appendonly no
            daemonize no
            loglevel warning
            maxmemory 128mb
            maxmemory-policy noeviction
            """,
            cancellationToken);
        return new Command("redis-server", [file], folder);
    }

    public static async Task<string?> ProbeAsync(RedisResource redis, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", redis.PrimaryEndpoint.Port, cancellationToken);
        await using var stream = client.GetStream();
        var password = await redis.PasswordParameter.GetValueAsync(cancellationToken);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"AUTH {password}\r\nPING\r\n"), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var authenticated = await reader.ReadLineAsync(cancellationToken);
        var answer = await reader.ReadLineAsync(cancellationToken);
        return authenticated == "+OK" && answer == "+PONG" ? null : $"it answered '{answer}'";
    }
}
