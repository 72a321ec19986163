namespace CalendarSync.Core.Vault;

/// <summary>The keys that tokens and passwords are encrypted with. Section <c>Vault</c>, or the names of the product plan.</summary>
public sealed class VaultOptions
{
    /// <summary>
    /// The current key: 64 hexadecimal characters (256 bits). Alias <c>ENCRYPTION_KEY</c>. Required, except in Development, where one
    /// is made once and kept in the user's state folder.
    /// </summary>
    public string? EncryptionKey { get; set; }

    /// <summary>
    /// Older keys, comma separated, in the same form. They only decrypt; what is read with one is stored again under the current key.
    /// Alias <c>ENCRYPTION_KEYS_PREVIOUS</c>.
    /// </summary>
    public string? EncryptionKeysPrevious { get; set; }

    /// <summary>Never the keys: options end up in logs.</summary>
    public override string ToString() => nameof(VaultOptions);
}
