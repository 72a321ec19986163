using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;

namespace CalendarSync.Core.Vault;

/// <summary>
/// Encrypts secrets with AES-256-GCM (NIST SP 800-38D: random 96-bit nonce, 128-bit tag). The associated data binds a secret to its
/// connection and kind, so a row that is copied over another one does not decrypt. Thread-safe.
/// </summary>
/// <remarks>The envelope is text: <c>v1.{key id}.{base64url(nonce | ciphertext | tag)}</c>, for example <c>v1.9f86d081.q83v…</c>.</remarks>
public sealed class SecretCipher(KeyRing keys)
{
    private const string Version = "v1";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Wraps a secret under the current key. The same secret gives another envelope each time.</summary>
    public string Encrypt(ConnectionId connection, SecretKind kind, string plain)
    {
        ArgumentNullException.ThrowIfNull(plain);
        var buffer = new byte[Encoding.UTF8.GetByteCount(plain)];
        try
        {
            Encoding.UTF8.GetBytes(plain, buffer);
            var sealedBytes = new byte[NonceBytes + buffer.Length + TagBytes];
            var nonce = sealedBytes.AsSpan(0, NonceBytes);
            RandomNumberGenerator.Fill(nonce);
            using var cipher = keys.Current.CreateCipher(TagBytes);
            cipher.Encrypt(
                nonce,
                buffer,
                sealedBytes.AsSpan(NonceBytes, buffer.Length),
                sealedBytes.AsSpan(NonceBytes + buffer.Length),
                AssociatedData(connection, kind));
            return $"{Version}.{keys.CurrentKeyId}.{Base64Url.EncodeToString(sealedBytes)}";
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    /// <summary>Unwraps an envelope.</summary>
    /// <exception cref="VaultException">It was made with an unknown key, for another connection or kind, or has been changed.</exception>
    public string Decrypt(ConnectionId connection, SecretKind kind, string envelope)
    {
        var (keyId, sealedBytes) = Parse(connection, kind, envelope);
        var key = keys.Find(keyId) ?? throw new VaultException(
            VaultFault.UnknownKey,
            $"The {kind.ToTokenType()} of connection {connection.Value} is encrypted with key {keyId}, which is not in ENCRYPTION_KEY or ENCRYPTION_KEYS_PREVIOUS.");

        var buffer = new byte[sealedBytes.Length - NonceBytes - TagBytes];
        try
        {
            using var cipher = key.CreateCipher(TagBytes);
            cipher.Decrypt(
                sealedBytes.AsSpan(0, NonceBytes),
                sealedBytes.AsSpan(NonceBytes, buffer.Length),
                sealedBytes.AsSpan(NonceBytes + buffer.Length),
                buffer,
                AssociatedData(connection, kind));
            return Encoding.UTF8.GetString(buffer);
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new VaultException(
                VaultFault.Tampered,
                $"The stored {kind.ToTokenType()} of connection {connection.Value} does not belong to it or has been changed.",
                exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    /// <summary>Whether an envelope is not under the current key, and so should be stored again.</summary>
    public bool NeedsReencryption(string envelope) =>
        !envelope.StartsWith($"{Version}.{keys.CurrentKeyId}.", StringComparison.Ordinal);

    private static (string KeyId, byte[] Sealed) Parse(ConnectionId connection, SecretKind kind, string envelope)
    {
        if (envelope.Split('.') is [Version, { Length: 8 } keyId, var encoded] && IsCanonical(encoded, out var sealedBytes))
        {
            return (keyId, sealedBytes);
        }

        throw new VaultException(
            VaultFault.Malformed,
            $"The stored {kind.ToTokenType()} of connection {connection.Value} is not an envelope of this vault.");
    }

    /// <summary>Base64url has spare bits, white space and padding that decode alike; one content has one text here, so any change shows.</summary>
    private static bool IsCanonical(string encoded, out byte[] decoded)
    {
        decoded = Base64Url.IsValid(encoded) ? Base64Url.DecodeFromChars(encoded) : [];
        return decoded.Length >= NonceBytes + TagBytes && Base64Url.EncodeToString(decoded) == encoded;
    }

    private static byte[] AssociatedData(ConnectionId connection, SecretKind kind) =>
        Encoding.UTF8.GetBytes($"calendarsync:v1:{connection.Value:D}:{kind.ToTokenType()}");
}
