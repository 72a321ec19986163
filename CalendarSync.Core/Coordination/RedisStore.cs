using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CalendarSync.Core.Coordination;

/// <summary>
/// Redis as something that may be away at any moment. Whatever goes wrong with it is one answer, "unavailable", within
/// <see cref="Patience"/>: a request that only asks for coordination is never held up longer than that.
/// </summary>
public sealed partial class RedisStore(IConnectionMultiplexer redis, TimeProvider time, ILogger<RedisStore> logger)
{
    /// <summary>Every key and channel of ours starts so: the Redis may be shared.</summary>
    public const string Prefix = "calendarsync:";

    /// <summary>A healthy Redis answers in a millisecond; one that takes this long is as good as away.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private volatile bool _away;

    /// <summary>For subscriptions.</summary>
    internal IConnectionMultiplexer Multiplexer => redis;

    /// <summary>Runs one operation.</summary>
    /// <returns><c>false</c> when Redis could not answer; the operation may or may not have happened then.</returns>
    public async Task<(bool Available, T? Value)> TryAsync<T>(Func<IDatabase, Task<T>> operation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var value = await operation(redis.GetDatabase()).WaitAsync(Patience, time, cancellationToken);
            Report(away: false, cause: null);
            return (true, value);
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            Report(away: true, exception);
            return (false, default);
        }
    }

    /// <summary>
    /// Lost connections, time-outs, and a server that answers but cannot serve (LOADING, READONLY, OOM, MISCONF). A mistake in a script
    /// (ERR, WRONGTYPE) is ours and stays an exception.
    /// </summary>
    internal static bool IsOutage(Exception exception) => exception switch
    {
        RedisServerException server => !server.Message.StartsWith("ERR", StringComparison.Ordinal)
            && !server.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal),
        RedisException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };

    /// <summary>Once per outage, not once per request.</summary>
    private void Report(bool away, Exception? cause)
    {
        if (_away == away)
        {
            return;
        }

        _away = away;
        if (away)
        {
            Log.Away(logger, cause?.GetType().Name ?? "none");
        }
        else
        {
            Log.Back(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Redis does not answer ({Cause}): going on without rate limits, live progress and replayed answers")]
        public static partial void Away(ILogger logger, string cause);

        [LoggerMessage(LogLevel.Information, "Redis answers again")]
        public static partial void Back(ILogger logger);
    }
}
