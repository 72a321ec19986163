using CalendarSync.Core.Providers;

namespace CalendarSync.Core.Vault;

/// <summary>Names of secret kinds as the database writes them.</summary>
public static class SecretKinds
{
    /// <summary>The <c>token_type</c> of the vault functions.</summary>
    public static string ToTokenType(this SecretKind kind) => kind switch
    {
        SecretKind.AccessToken => "access_token",
        SecretKind.RefreshToken => "refresh_token",
        SecretKind.AppSpecificPassword => "app_specific_password",
        SecretKind.CoziPassword => "cozi_password",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
