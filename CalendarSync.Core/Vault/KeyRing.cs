using Microsoft.Extensions.Options;

namespace CalendarSync.Core.Vault;

/// <summary>
/// The current key and those before it. To change the key, put the old one in front of <c>ENCRYPTION_KEYS_PREVIOUS</c>, the new one in
/// <c>ENCRYPTION_KEY</c>, and restart: each secret moves to the new key when it is next read.
/// </summary>
public sealed class KeyRing
{
    private readonly Dictionary<string, EncryptionKey> _keys;

    /// <summary>Reads validated options; see <see cref="VaultOptionsValidator"/>.</summary>
    public KeyRing(IOptions<VaultOptions> options)
        : this(options.Value.EncryptionKey ?? DevelopmentKey.ReadOrCreate(), SplitKeys(options.Value.EncryptionKeysPrevious))
    {
    }

    internal KeyRing(string current, IEnumerable<string> previous)
    {
        Current = EncryptionKey.Parse(current) ?? throw new VaultException(VaultFault.InvalidKey, "The current encryption key is not valid.");
        _keys = new() { [Current.Id] = Current };
        foreach (var text in previous)
        {
            var key = EncryptionKey.Parse(text) ?? throw new VaultException(VaultFault.InvalidKey, "A previous encryption key is not valid.");
            _keys.TryAdd(key.Id, key);
        }
    }

    /// <summary>The name of the key that new secrets are encrypted with: 8 hexadecimal digits, not secret.</summary>
    public string CurrentKeyId => Current.Id;

    internal EncryptionKey Current { get; }

    internal EncryptionKey? Find(string keyId) => _keys.GetValueOrDefault(keyId);

    internal static string[] SplitKeys(string? keys) =>
        keys?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Key names only.</summary>
    public override string ToString() => $"current {Current}, {_keys.Count - 1} previous";
}
