using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CalendarSync.Core.Coordination;

/// <summary>
/// Remembers answers to requests that carry an <c>Idempotency-Key</c>, so that a repeat gets the first answer instead of a second
/// effect. Redis may forget: whoever creates something also needs ids that a repeat would meet.
/// </summary>
public sealed class IdempotencyStore(RedisStore store)
{
    /// <summary>How long an answer is replayed.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    /// <summary>How long a request may take. After that its process is taken for dead and a repeat runs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private const string Claim =
        """
        local known = redis.call('HMGET', KEYS[1], 'hash', 'answer')
        if not known[1] then
          redis.call('HSET', KEYS[1], 'hash', ARGV[1], 'owner', ARGV[2])
          redis.call('PEXPIRE', KEYS[1], ARGV[3])
          return {'started'}
        end
        if known[1] ~= ARGV[1] then return {'reused'} end
        if known[2] then return {'replay', known[2]} end
        return {'running'}
        """;

    /// <summary>Only the owner: a request that took too long must not overwrite, or free, what its successor has claimed.</summary>
    private const string Complete =
        """
        if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[1], 'answer', ARGV[2])
        return redis.call('PEXPIRE', KEYS[1], ARGV[3])
        """;

    private const string Abandon =
        """
        if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
        return redis.call('DEL', KEYS[1])
        """;

    /// <summary>Asks what to do with a request.</summary>
    /// <param name="scope">Where the key counts, for example user id, method and route.</param>
    /// <param name="key">The header, as sent. Stored as a hash only.</param>
    /// <param name="requestHash">A digest of the body: the same key with another body is a mistake of the client.</param>
    /// <param name="cancellationToken">Cancels the wait for Redis.</param>
    public async Task<IdempotencyClaim> ClaimAsync(string scope, string key, string requestHash, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{scope}\n{key}")));
        var ticket = new IdempotencyTicket($"{RedisStore.Prefix}idempotency:{id}", Guid.NewGuid().ToString("N"));
        var (available, answer) = await store.TryAsync(
            database => database.ScriptEvaluateAsync(
                Claim,
                [ticket.Key],
                [requestHash, ticket.Owner, (long)Patience.TotalMilliseconds]),
            cancellationToken);
        if (!available)
        {
            return new IdempotencyClaim.Unavailable();
        }

        var values = (string[])answer!;
        return values[0] switch
        {
            "started" => new IdempotencyClaim.Started(ticket),
            "reused" => new IdempotencyClaim.Reused(),
            "replay" => new IdempotencyClaim.Replay(JsonSerializer.Deserialize<StoredAnswer>(values[1])!),
            _ => new IdempotencyClaim.Running(),
        };
    }

    /// <summary>Stores the answer of a request that was started. Not cancellable: the effect has happened.</summary>
    public Task CompleteAsync(IdempotencyTicket ticket, StoredAnswer answer) =>
        store.TryAsync(
            database => database.ScriptEvaluateAsync(
                Complete,
                [ticket.Key],
                [ticket.Owner, JsonSerializer.Serialize(answer), (long)Retention.TotalMilliseconds]),
            CancellationToken.None);

    /// <summary>Frees the key of a request that failed without an effect, so that a repeat runs.</summary>
    public Task AbandonAsync(IdempotencyTicket ticket) =>
        store.TryAsync(database => database.ScriptEvaluateAsync(Abandon, [ticket.Key], [ticket.Owner]), CancellationToken.None);
}
