using System.Security.Cryptography;
using System.Text;
using CalendarSync.Core.Model;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CalendarSync.Api.Authentication;

/// <summary>
/// The local issuer of access tokens, shaped like Supabase's. It exists in Development only, and only where no Supabase is configured.
/// </summary>
/// <remarks>
/// Its key is <c>Development:JwtSecret</c>, so that tokens outlive a restart; without it, one that lives as long as the process.
/// </remarks>
internal sealed class DevelopmentTokens(IConfiguration configuration, TimeProvider time)
{
    public const string Issuer = "calendarsync-development";

    /// <summary>How long a token lasts. Supabase's default is an hour; a developer's day has more.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>The HS256 key that the tokens are signed with and checked against.</summary>
    public SymmetricSecurityKey Key { get; } = new(configuration["Development:JwtSecret"] is { Length: > 0 } secret
        ? SHA256.HashData(Encoding.UTF8.GetBytes(secret))
        : RandomNumberGenerator.GetBytes(32));

    /// <summary>Whether this host signs people in by itself.</summary>
    public static bool AreEnabled(IConfiguration configuration, IHostEnvironment environment) =>
        environment.IsDevelopment() && !SupabaseOptions.From(configuration).IsConfigured;

    /// <summary>Signs a user in.</summary>
    /// <returns>A bearer token for <see cref="Lifetime"/>.</returns>
    public string IssueToken(UserId user, string? email = null)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var claims = new Dictionary<string, object> { ["sub"] = user.Value.ToString(), ["role"] = UserAuthentication.UserRole };
        if (email is not null)
        {
            claims["email"] = email;
        }

        return Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = UserAuthentication.Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + Lifetime,
            Claims = claims,
            SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.HmacSha256),
        });
    }
}
