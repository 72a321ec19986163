using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;
using CsCheck;

namespace CalendarSync.UnitTests.Vault;

public sealed class SecretCipherTests
{
    private const string Key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private const string NewerKey = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";

    private static readonly ConnectionId Connection = new(Guid.Parse("6f1c1f0e-5f0e-4a53-9a53-0d3f0a6c2b11"));
    private static readonly SecretCipher Cipher = new(new KeyRing(Key, []));

    private static readonly Gen<SecretKind> Kinds = Gen.Enum<SecretKind>();

    [Fact]
    public void Any_secret_survives_a_round_trip() =>
        Gen.Select(Gen.String, Gen.Guid, Kinds).Sample((plain, id, kind) =>
            Cipher.Decrypt(new(id), kind, Cipher.Encrypt(new(id), kind, plain)) == ReplaceLoneSurrogates(plain));

    [Fact]
    public void Any_flipped_bit_of_the_content_is_noticed() =>
        Gen.Select(Gen.String[0, 40], Gen.Int[0, int.MaxValue]).Sample((plain, position) =>
        {
            var parts = Cipher.Encrypt(Connection, SecretKind.RefreshToken, plain).Split('.');
            var content = System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]);
            content[position / 8 % content.Length] ^= (byte)(1 << (position % 8));
            var envelope = $"{parts[0]}.{parts[1]}.{System.Buffers.Text.Base64Url.EncodeToString(content)}";
            Assert.Equal(VaultFault.Tampered, FaultOf(Connection, SecretKind.RefreshToken, envelope));
        });

    [Fact]
    public void Any_changed_character_of_the_envelope_is_noticed() =>
        Gen.Select(Gen.String[0, 40], Gen.Int[0, int.MaxValue], Gen.Char["ABCXYZabcxyz0189-_=. +/"]).Sample((plain, position, character) =>
        {
            var envelope = Cipher.Encrypt(Connection, SecretKind.AccessToken, plain).ToCharArray();
            var index = position % envelope.Length;
            if (envelope[index] != character)
            {
                envelope[index] = character;
                Assert.Throws<VaultException>(() => Cipher.Decrypt(Connection, SecretKind.AccessToken, new string(envelope)));
            }
        });

    [Fact]
    public void Any_cut_envelope_is_refused() =>
        Gen.Select(Gen.String[0, 40], Gen.Int[0, int.MaxValue]).Sample((plain, length) =>
        {
            var envelope = Cipher.Encrypt(Connection, SecretKind.AccessToken, plain);
            Assert.Throws<VaultException>(() => Cipher.Decrypt(Connection, SecretKind.AccessToken, envelope[..(length % envelope.Length)]));
        });

    [Fact]
    public void A_secret_of_one_connection_does_not_open_for_another()
    {
        var envelope = Cipher.Encrypt(Connection, SecretKind.AppSpecificPassword, "canary-password-1");

        Assert.Equal(VaultFault.Tampered, FaultOf(new(Guid.NewGuid()), SecretKind.AppSpecificPassword, envelope));
    }

    [Fact]
    public void A_secret_of_one_kind_does_not_open_as_another()
    {
        var envelope = Cipher.Encrypt(Connection, SecretKind.AccessToken, "canary-token-1");

        Assert.Equal(VaultFault.Tampered, FaultOf(Connection, SecretKind.RefreshToken, envelope));
    }

    [Fact]
    public void A_secret_under_an_unknown_key_names_the_key_and_does_not_open()
    {
        var envelope = new SecretCipher(new KeyRing(NewerKey, [])).Encrypt(Connection, SecretKind.AccessToken, "canary-token-1");

        var exception = Assert.Throws<VaultException>(() => Cipher.Decrypt(Connection, SecretKind.AccessToken, envelope));

        Assert.Equal(VaultFault.UnknownKey, exception.Fault);
        Assert.Contains(envelope.Split('.')[1], exception.Message);
    }

    [Fact]
    public void A_secret_under_another_key_that_claims_the_current_one_does_not_open()
    {
        var foreign = new SecretCipher(new KeyRing(NewerKey, [])).Encrypt(Connection, SecretKind.AccessToken, "canary-token-1").Split('.');
        var own = Cipher.Encrypt(Connection, SecretKind.AccessToken, "").Split('.');

        Assert.Equal(VaultFault.Tampered, FaultOf(Connection, SecretKind.AccessToken, $"v1.{own[1]}.{foreign[2]}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("canary-token-stored-in-clear")]
    [InlineData("v2.9f86d081.AAAA")]
    [InlineData("v1.9f86d081")]
    [InlineData("v1.9f86d081.AAAA")]
    [InlineData("v1.9f86d081.not base64")]
    public void Text_that_is_no_envelope_is_refused_and_not_repeated(string envelope)
    {
        var exception = Assert.Throws<VaultException>(() => Cipher.Decrypt(Connection, SecretKind.AccessToken, envelope));

        Assert.Equal(VaultFault.Malformed, exception.Fault);
        Assert.DoesNotContain("canary", exception.ToString());
    }

    [Fact]
    public void No_failure_repeats_the_secret_or_the_envelope()
    {
        var envelope = Cipher.Encrypt(Connection, SecretKind.AccessToken, "canary-token-1");

        var exception = Assert.Throws<VaultException>(() => Cipher.Decrypt(Connection, SecretKind.RefreshToken, envelope));

        Assert.DoesNotContain("canary-token-1", exception.ToString());
        Assert.DoesNotContain(envelope.Split('.')[2], exception.ToString());
    }

    [Fact]
    public void The_same_secret_never_gives_the_same_envelope_twice()
    {
        var envelopes = Enumerable.Range(0, 100).Select(_ => Cipher.Encrypt(Connection, SecretKind.AccessToken, "canary-token-1"));

        Assert.Equal(100, envelopes.Distinct().Count());
    }

    [Fact]
    public void After_a_key_change_old_secrets_open_and_ask_to_be_stored_again()
    {
        var old = Cipher.Encrypt(Connection, SecretKind.AccessToken, "canary-token-1");
        var changed = new SecretCipher(new KeyRing(NewerKey, [Key]));

        Assert.Equal("canary-token-1", changed.Decrypt(Connection, SecretKind.AccessToken, old));
        Assert.True(changed.NeedsReencryption(old));
        Assert.False(changed.NeedsReencryption(changed.Encrypt(Connection, SecretKind.AccessToken, "canary-token-1")));
        Assert.False(Cipher.NeedsReencryption(old));
    }

    /// <summary>Envelopes in a database outlive this code: this one must open for ever. Made by an independent AES-GCM implementation.</summary>
    [Fact]
    public void An_envelope_of_the_first_release_still_opens()
    {
        const string envelope = "v1.630dcd29.AAECAwQFBgcICQoLJGO4erec72vsMuT83pscQEBq6fdf6WfVgeLQhkkAJqsCHcyFpw";

        Assert.Equal("canary-password-ünï", Cipher.Decrypt(Connection, SecretKind.AppSpecificPassword, envelope));
    }

    private static VaultFault FaultOf(ConnectionId connection, SecretKind kind, string envelope) =>
        Assert.Throws<VaultException>(() => Cipher.Decrypt(connection, kind, envelope)).Fault;

    /// <summary>Half a surrogate pair is not text; UTF-8 can only hold its replacement.</summary>
    private static string ReplaceLoneSurrogates(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
}
