using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace CalendarSync.Web.Sessions;

/// <summary>
/// Who is signed in, in memory. The browser's cookie holds a key to an entry, never the token, so nothing that runs in a page can read
/// it. A restart of this host signs everybody out.
/// </summary>
internal sealed class SessionStore(TimeProvider clock)
{
    /// <summary>As long as the token of the local issuer lasts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private readonly ConcurrentDictionary<string, (Session Session, DateTimeOffset EndsAt)> _sessions = new(StringComparer.Ordinal);

    /// <returns>The key, which cannot be guessed.</returns>
    public string Add(Session session)
    {
        RemoveEnded();
        var key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        _sessions[key] = (session, clock.GetUtcNow() + Lifetime);
        return key;
    }

    /// <returns><c>null</c> when it has ended, or never was.</returns>
    public Session? Find(string? key) =>
        key is not null && _sessions.TryGetValue(key, out var entry) && entry.EndsAt > clock.GetUtcNow() ? entry.Session : null;

    public void Remove(string? key)
    {
        if (key is not null)
        {
            _sessions.TryRemove(key, out _);
        }
    }

    private void RemoveEnded()
    {
        var now = clock.GetUtcNow();
        foreach (var (key, entry) in _sessions)
        {
            if (entry.EndsAt <= now)
            {
                _sessions.TryRemove(key, out _);
            }
        }
    }
}
