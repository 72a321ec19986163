namespace CalendarSync.Core.Vault;

/// <summary>Why a secret could not be read.</summary>
public enum VaultFault
{
    /// <summary>Nothing is stored: never connected, or disconnected since.</summary>
    Missing,

    /// <summary>It was encrypted with a key that is not in the key ring.</summary>
    UnknownKey,

    /// <summary>The stored text is not an envelope of this vault.</summary>
    Malformed,

    /// <summary>The content does not match its key, connection and kind: changed, cut, or moved from another row.</summary>
    Tampered,

    /// <summary>A configured key is not 64 hexadecimal characters.</summary>
    InvalidKey,
}

/// <summary>A secret that cannot be read. The message names the connection and the kind, and holds nothing secret.</summary>
public sealed class VaultException(VaultFault fault, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The classification.</summary>
    public VaultFault Fault { get; } = fault;
}
