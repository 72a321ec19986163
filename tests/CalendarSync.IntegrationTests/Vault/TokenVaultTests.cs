using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.Extensions.Logging.Testing;

namespace CalendarSync.IntegrationTests.Vault;

public sealed class TokenVaultTests(PostgresServer postgres) : IAsyncLifetime
{
    private const string Key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private const string NewerKey = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";
    private const SecretKind Kind = SecretKind.AppSpecificPassword;

    private readonly FakeLogger<TokenVault> _logger = new();
    private TestDatabase _database = null!;
    private ConnectionId _connection;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _connection = await NewConnectionAsync();
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_stored_secret_is_read_back_and_the_database_holds_ciphertext_only()
    {
        var vault = Vault(new KeyRing(Key, []));
        await StoreAsync(vault, "canary-password-1");

        Assert.Equal("canary-password-1", await vault.ReadAsync(_connection, Kind, Cancellation));
        Assert.DoesNotContain("canary", await StoredAsync());
    }

    [Fact]
    public async Task A_newer_secret_replaces_the_older_one()
    {
        var vault = Vault(new KeyRing(Key, []));
        await StoreAsync(vault, "canary-password-1");
        await StoreAsync(vault, "canary-password-2");

        Assert.Equal("canary-password-2", await vault.ReadAsync(_connection, Kind, Cancellation));
    }

    [Fact]
    public async Task Nothing_stored_is_said_plainly()
    {
        var exception = await Assert.ThrowsAsync<VaultException>(
            () => Vault(new KeyRing(Key, [])).ReadAsync(_connection, Kind, Cancellation).AsTask());

        Assert.Equal(VaultFault.Missing, exception.Fault);
    }

    [Fact]
    public async Task A_row_that_was_swapped_with_that_of_another_connection_does_not_open()
    {
        var vault = Vault(new KeyRing(Key, []));
        await StoreAsync(vault, "canary-password-1");
        var other = await NewConnectionAsync();
        await _database.StoreSecretAsync(other, "app_specific_password", await StoredAsync());

        var exception = await Assert.ThrowsAsync<VaultException>(() => vault.ReadAsync(other, Kind, Cancellation).AsTask());

        Assert.Equal(VaultFault.Tampered, exception.Fault);
    }

    [Fact]
    public async Task Reading_after_a_key_change_moves_the_secret_to_the_current_key()
    {
        await StoreAsync(Vault(new KeyRing(Key, [])), "canary-password-1");
        var changed = new KeyRing(NewerKey, [Key]);

        Assert.Equal("canary-password-1", await Vault(changed).ReadAsync(_connection, Kind, Cancellation));

        Assert.StartsWith($"v1.{changed.CurrentKeyId}.", await StoredAsync());
        Assert.Equal("canary-password-1", await Vault(new KeyRing(NewerKey, [])).ReadAsync(_connection, Kind, Cancellation));
        Assert.DoesNotContain(_logger.Collector.GetSnapshot(), record => record.Message.Contains("canary"));
    }

    [Fact]
    public async Task A_secret_whose_connection_is_being_written_opens_at_once_and_moves_another_time()
    {
        await StoreAsync(Vault(new KeyRing(Key, [])), "canary-password-1");
        var before = await StoredAsync();
        await using (var page = await _database.WorkerDatabase.BeginAsServiceAsync(_connection, Cancellation))
        {
            await page.ExecuteAsync("select 1 from calendar_connections where id = @id for update", new { id = _connection }, Cancellation);

            Assert.Equal("canary-password-1", await Vault(new KeyRing(NewerKey, [Key])).ReadAsync(_connection, Kind, Cancellation));
        }

        Assert.Equal(before, await StoredAsync());
    }

    [Fact]
    public async Task Moving_to_the_current_key_never_brings_back_a_password_that_was_replaced_meanwhile()
    {
        var vault = Vault(new KeyRing(NewerKey, [Key]));
        for (var round = 0; round < 20; round++)
        {
            await StoreAsync(Vault(new KeyRing(Key, [])), "canary-password-old");

            await Task.WhenAll(
                Enumerable.Range(0, 4).Select(_ => vault.ReadAsync(_connection, Kind, Cancellation).AsTask())
                    .Append(StoreAsync(vault, "canary-password-new")));

            Assert.Equal("canary-password-new", await vault.ReadAsync(_connection, Kind, Cancellation));
        }
    }

    private async Task<string> StoreAsync(TokenVault vault, string plain)
    {
        await using var transaction = await _database.WorkerDatabase.BeginAsServiceAsync(origin: null, Cancellation);
        await vault.StoreAsync(transaction, _connection, Kind, plain, Cancellation);
        await transaction.CommitAsync(Cancellation);
        return plain;
    }

    private Task<string> StoredAsync() => _database.QuerySingleAsync<string>(
        "select ciphertext from calendar_private.calendar_secrets where connection_id = @id", new { id = _connection });

    private async Task<ConnectionId> NewConnectionAsync()
    {
        var user = await _database.CreateUserAsync();
        return await _database.CreateConnectionAsync(await _database.CreateSpaceAsync(user), user);
    }

    private TokenVault Vault(KeyRing keys) => new(_database.WorkerDatabase, new SecretCipher(keys), _logger);
}
