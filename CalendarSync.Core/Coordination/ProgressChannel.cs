using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using CalendarSync.Core.Model;
using StackExchange.Redis;

namespace CalendarSync.Core.Coordination;

/// <summary>
/// Live progress of passes from the workers to whoever watches. Only a convenience: <c>calendar_connections.progress</c> holds the
/// truth, and a message that is lost is not repeated.
/// </summary>
public sealed class ProgressChannel(RedisStore store)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Tells everybody who watches this connection. Does nothing while Redis is away.</summary>
    public Task PublishAsync(ConnectionId connection, SyncProgress progress, CancellationToken cancellationToken) =>
        store.TryAsync(
            database => database.PublishAsync(NameOf(connection), JsonSerializer.Serialize(progress, Json)),
            cancellationToken);

    /// <summary>
    /// Progress from now on, until the caller stops. A watcher that is slow misses steps, never the newest one.
    /// Ends by itself when Redis is, or goes, away: read the row then, and watch again later.
    /// </summary>
    public async IAsyncEnumerable<SyncProgress> WatchAsync(
        ConnectionId connection,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var messages = Channel.CreateBounded<SyncProgress>(
            new BoundedChannelOptions(capacity: 16) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        void OnMessage(RedisChannel channel, RedisValue value) => messages.Writer.TryWrite(Parse(value));
        void OnLost(object? sender, ConnectionFailedEventArgs lost) => messages.Writer.TryComplete();

        var redis = store.Multiplexer;
        redis.ConnectionFailed += OnLost;
        try
        {
            var (available, _) = await store.TryAsync(
                async _ =>
                {
                    await redis.GetSubscriber().SubscribeAsync(NameOf(connection), OnMessage);
                    return true;
                },
                cancellationToken);

            // The client accepts a subscription without a server, for later; nobody would tell us that there is none.
            if (!available || !redis.GetSubscriber().IsConnected(NameOf(connection)))
            {
                yield break;
            }

            await foreach (var progress in messages.Reader.ReadAllAsync(cancellationToken))
            {
                yield return progress;
            }
        }
        finally
        {
            redis.ConnectionFailed -= OnLost;

            // This handler only: others of this process may watch the same connection.
            await redis.GetSubscriber().UnsubscribeAsync(NameOf(connection), OnMessage, CommandFlags.FireAndForget);
        }
    }

    private static RedisChannel NameOf(ConnectionId connection) =>
        RedisChannel.Literal($"{RedisStore.Prefix}progress:{connection.Value:D}");

    private static SyncProgress Parse(RedisValue value) => JsonSerializer.Deserialize<SyncProgress>((string)value!, Json)!;
}
