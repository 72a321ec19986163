using CalendarSync.Core.Model;

namespace CalendarSync.Core.Providers;

/// <summary>What a provider needs to act for one connection.</summary>
public sealed record ProviderAccount
{
    /// <summary>The connection, for rate limits, caches and spans.</summary>
    public required ConnectionId ConnectionId { get; init; }

    /// <summary>The space whose marker our writes carry.</summary>
    public required SpaceId SpaceId { get; init; }

    /// <summary>The user name at the provider. Personal: never logged.</summary>
    public required string AccountId { get; init; }

    /// <summary>The server, where the user chose one (CalDAV); <c>null</c> for the provider's own.</summary>
    public Uri? ServerUrl { get; init; }

    /// <summary>Reads a secret of the connection, decrypted, when it is needed and not before.</summary>
    public required Func<SecretKind, CancellationToken, ValueTask<string>> ReadSecretAsync { get; init; }
}

/// <summary>Kinds of secrets in the vault; also the associated data that their encryption is bound to.</summary>
public enum SecretKind
{
    /// <summary>OAuth access token ("access_token").</summary>
    AccessToken,

    /// <summary>OAuth refresh token ("refresh_token").</summary>
    RefreshToken,

    /// <summary>The password that a person made for us at the provider ("app_specific_password").</summary>
    AppSpecificPassword,

    /// <summary>The account's own password, where there is no other way ("cozi_password").</summary>
    CoziPassword,
}
