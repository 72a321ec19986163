using System.Security.Cryptography;

namespace CalendarSync.Core.Vault;

/// <summary>One AES-256 key and the name under which envelopes refer to it.</summary>
internal sealed class EncryptionKey
{
    public const int Bytes = 32;

    private readonly byte[] _key;

    private EncryptionKey(byte[] key)
    {
        _key = key;
        Id = Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 4));
    }

    /// <summary>The first 8 hexadecimal digits of the key's SHA-256: tells keys apart and tells nothing about them.</summary>
    public string Id { get; }

    /// <summary>Reads 64 hexadecimal characters.</summary>
    /// <returns><c>null</c> for anything else, and for one byte repeated 32 times: a placeholder that somebody forgot to replace.</returns>
    public static EncryptionKey? Parse(string? text)
    {
        text = text?.Trim();
        if (text?.Length != Bytes * 2 || !text.All(char.IsAsciiHexDigit))
        {
            return null;
        }

        var key = Convert.FromHexString(text);
        return key.AsSpan().ContainsAnyExcept(key[0]) ? new EncryptionKey(key) : null;
    }

    /// <summary>A cipher for one operation; <see cref="AesGcm"/> is not safe to share between threads.</summary>
    public AesGcm CreateCipher(int tagBytes) => new(_key, tagBytes);

    public override string ToString() => $"key {Id}";
}
