using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CalendarSync.Core.Vault;

/// <summary>Registers the vault.</summary>
public static class VaultExtensions
{
    /// <summary><see cref="SecretCipher"/> and <see cref="TokenVault"/>. A missing or invalid key fails the start of the host.</summary>
    public static IServiceCollection AddVault(this IServiceCollection services)
    {
        services.AddOptions<VaultOptions>()
            .BindConfiguration("Vault")
            .Configure<IConfiguration>((options, configuration) =>
            {
                options.EncryptionKey = NullIfEmpty(configuration["ENCRYPTION_KEY"]) ?? NullIfEmpty(options.EncryptionKey);
                options.EncryptionKeysPrevious = NullIfEmpty(configuration["ENCRYPTION_KEYS_PREVIOUS"]) ?? options.EncryptionKeysPrevious;
            })
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<VaultOptions>, VaultOptionsValidator>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<SecretCipher>();
        services.AddSingleton<TokenVault>();
        return services;
    }

    /// <summary>An environment variable that is set to nothing is not set.</summary>
    private static string? NullIfEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
