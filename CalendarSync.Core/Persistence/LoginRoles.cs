using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace CalendarSync.Core.Persistence;

/// <summary>Lets a host's role log in.</summary>
internal static class LoginRoles
{
    // What Postgres itself uses (scram_sha_256_iterations).
    private const int Iterations = 4096;

    /// <summary>
    /// Sets the password, as its SCRAM verifier: computed here, as psql's \password does, so that the password is in no statement and
    /// so in no log of the server.
    /// </summary>
    public static async Task SetPasswordAsync(NpgsqlConnection session, string role, string? password, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(password))
        {
            return;
        }

        // ALTER ROLE takes no parameters; format() quotes.
        var statement = await session.ExecuteScalarAsync<string>(new CommandDefinition(
            "select format('alter role %I login password %L', @role, @verifier)",
            new { role, verifier = ScramVerifier(password, RandomNumberGenerator.GetBytes(16)) },
            cancellationToken: cancellationToken));
        await session.ExecuteAsync(new CommandDefinition(statement!, cancellationToken: cancellationToken));
    }

    /// <summary>
    /// <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c>, as RFC 5803 and pg_authid have it; keys by RFC 5802, section 3.
    /// </summary>
    internal static string ScramVerifier(string password, byte[] salt)
    {
        // Clients normalise too (SASLprep maps to NFKC), so what is typed in another form is still the same password.
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            password.Normalize(NormalizationForm.FormKC), salt, Iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        var iterations = Iterations.ToString(CultureInfo.InvariantCulture);
        return $"SCRAM-SHA-256${iterations}:{Base64(salt)}${Base64(storedKey)}:{Base64(serverKey)}";

        static string Base64(byte[] bytes) => Convert.ToBase64String(bytes);
    }
}
