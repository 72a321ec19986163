using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CalendarSync.Core.Vault;

/// <summary>Tokens and passwords of connections. The database only ever sees envelopes of <see cref="SecretCipher"/>.</summary>
public sealed partial class TokenVault(RowanDatabase database, SecretCipher cipher, ILogger<TokenVault> logger)
{
    /// <summary>Reads a secret. One that is still under an older key moves to the current one on the way.</summary>
    /// <exception cref="VaultException">Nothing is stored, or it cannot be decrypted.</exception>
    public async ValueTask<string> ReadAsync(ConnectionId connection, SecretKind kind, CancellationToken cancellationToken)
    {
        // Every pass reads its secret, so this is one round trip; the move to a new key is rare and has a transaction of its own.
        var envelope = await GetAsync(
            connection, kind, async (sql, parameters) => (await database.QueryAsServiceAsync<string?>(sql, parameters, cancellationToken)).Single());
        var plain = cipher.Decrypt(connection, kind, envelope);
        if (cipher.NeedsReencryption(envelope))
        {
            await using var transaction = await database.BeginAsServiceAsync(origin: null, cancellationToken);
            await MoveToCurrentKeyAsync(transaction, connection, kind, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return plain;
    }

    /// <summary>Stores a secret, or replaces it, in the caller's transaction (role <c>service_role</c>).</summary>
    public async Task StoreAsync(
        RowanTransaction transaction,
        ConnectionId connection,
        SecretKind kind,
        string plain,
        CancellationToken cancellationToken)
    {
        await TryLockAsync(transaction, connection, wait: true, cancellationToken);
        await PutAsync(transaction, connection, kind, cipher.Encrypt(connection, kind, plain), cancellationToken);
    }

    /// <summary>
    /// Whoever stores a secret holds the lock of the connection's row, so the secret is read again under it: otherwise a password that
    /// the user changed between our read and this write would be overwritten by the old one. The move is not urgent, so it does not
    /// wait either: a page commit of this very worker may hold the row.
    /// </summary>
    private async Task MoveToCurrentKeyAsync(
        RowanTransaction transaction,
        ConnectionId connection,
        SecretKind kind,
        CancellationToken cancellationToken)
    {
        if (!await TryLockAsync(transaction, connection, wait: false, cancellationToken))
        {
            return;
        }

        var envelope = await GetAsync(
            connection, kind, (sql, parameters) => transaction.QuerySingleOrDefaultAsync<string>(sql, parameters, cancellationToken));
        if (cipher.NeedsReencryption(envelope))
        {
            var plain = cipher.Decrypt(connection, kind, envelope);
            await PutAsync(transaction, connection, kind, cipher.Encrypt(connection, kind, plain), cancellationToken);
            Log.Reencrypted(logger, connection.Value, kind);
        }
    }

    private static async Task<bool> TryLockAsync(
        RowanTransaction transaction,
        ConnectionId connection,
        bool wait,
        CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<Guid?>(
            wait
                ? """select id from calendar_connections where id = @connection for no key update"""
                : """select id from calendar_connections where id = @connection for no key update skip locked""",
            new { connection },
            cancellationToken) is not null;

    private static async Task<string> GetAsync(ConnectionId connection, SecretKind kind, Func<string, object, Task<string?>> query)
    {
        try
        {
            return await query("select get_oauth_token(@connection, @tokenType)", new { connection, tokenType = kind.ToTokenType() })
                ?? throw Missing(connection, kind);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.NoDataFound)
        {
            // get_oauth_token raises where there is no row.
            throw Missing(connection, kind, exception);
        }
    }

    private static Task<int> PutAsync(
        RowanTransaction transaction,
        ConnectionId connection,
        SecretKind kind,
        string envelope,
        CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "select store_oauth_token(@connection, @tokenType, @envelope)",
            new { connection, tokenType = kind.ToTokenType(), envelope },
            cancellationToken);

    private static VaultException Missing(ConnectionId connection, SecretKind kind, Exception? cause = null) =>
        new(VaultFault.Missing, $"Connection {connection.Value} has no stored {kind.ToTokenType()}.", cause);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Moved the {Kind} of connection {ConnectionId} to the current encryption key")]
        public static partial void Reencrypted(ILogger logger, Guid connectionId, SecretKind kind);
    }
}
