using System.Security.Cryptography;
using CalendarSync.Core.Vault;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CalendarSync.UnitTests.Vault;

public sealed class KeyRingTests
{
    private const string Key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private const string OlderKey = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";

    [Fact]
    public async Task Production_without_a_key_does_not_start()
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync("Production", []));

        Assert.Contains("ENCRYPTION_KEY is not set", exception.Message);
    }

    [Fact]
    public async Task All_wrong_keys_are_reported_at_once_and_none_is_repeated()
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync("Development", new()
        {
            ["ENCRYPTION_KEY"] = "canary-key-too-short",
            ["ENCRYPTION_KEYS_PREVIOUS"] = $"{OlderKey}, canary-key-2",
        }));

        Assert.Equal(2, exception.Failures.Count());
        Assert.Contains("key 2 of 2", exception.Message);
        Assert.DoesNotContain("canary", exception.Message);
    }

    [Fact]
    public async Task A_placeholder_of_one_repeated_byte_is_no_key() =>
        await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync("Production", new() { ["ENCRYPTION_KEY"] = new string('0', 64) }));

    [Theory]
    [InlineData("ENCRYPTION_KEY", "ENCRYPTION_KEYS_PREVIOUS")]
    [InlineData("Vault:EncryptionKey", "Vault:EncryptionKeysPrevious")]
    public async Task Keys_are_read_under_both_names(string current, string previous)
    {
        using var host = await StartAsync("Production", new() { [current] = Key, [previous] = OlderKey });

        var ring = host.Services.GetRequiredService<KeyRing>();

        Assert.Equal(IdOf(Key), ring.CurrentKeyId);
        Assert.NotNull(ring.Find(IdOf(OlderKey)));
    }

    [Fact]
    public void The_name_of_a_key_is_the_start_of_its_hash() => Assert.Equal("630dcd29", new KeyRing(Key, []).CurrentKeyId);

    [Fact]
    public void Neither_the_ring_nor_the_options_print_a_key()
    {
        var options = new VaultOptions { EncryptionKey = Key, EncryptionKeysPrevious = OlderKey };
        var printed = $"{options} {new KeyRing(Options.Create(options))} {new KeyRing(Key, [OlderKey]).Current}";

        Assert.DoesNotContain(Key, printed);
        Assert.DoesNotContain(OlderKey, printed);
    }

    [Fact]
    public void The_development_key_is_made_once_and_only_its_owner_can_read_it()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "state", "encryption-key");

        var keys = new string[8];
        Parallel.For(0, keys.Length, index => keys[index] = DevelopmentKey.ReadOrCreate(path));

        Assert.Single(keys.Distinct());
        Assert.NotNull(EncryptionKey.Parse(keys[0]));
        Assert.Equal(["encryption-key"], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    private static string IdOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(key)))[..8];

    private static async Task<IHost> StartAsync(string environment, Dictionary<string, string?> settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddVault();
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("calendarsync-key-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
