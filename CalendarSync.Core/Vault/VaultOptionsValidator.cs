using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CalendarSync.Core.Vault;

/// <summary>Checks the keys when the host starts. Reports all errors at once and never repeats a key.</summary>
internal sealed class VaultOptionsValidator(IHostEnvironment environment) : IValidateOptions<VaultOptions>
{
    public ValidateOptionsResult Validate(string? name, VaultOptions options)
    {
        var errors = new List<string>();
        if (options.EncryptionKey is null)
        {
            if (!environment.IsDevelopment())
            {
                errors.Add("ENCRYPTION_KEY is not set. It must be 64 hexadecimal characters, for example from `openssl rand -hex 32`.");
            }
        }
        else if (EncryptionKey.Parse(options.EncryptionKey) is null)
        {
            errors.Add("ENCRYPTION_KEY must be 64 hexadecimal characters that are not all the same byte, for example from `openssl rand -hex 32`.");
        }

        var previous = KeyRing.SplitKeys(options.EncryptionKeysPrevious);
        for (var index = 0; index < previous.Length; index++)
        {
            if (EncryptionKey.Parse(previous[index]) is null)
            {
                errors.Add($"ENCRYPTION_KEYS_PREVIOUS: key {index + 1} of {previous.Length} is not 64 hexadecimal characters.");
            }
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
