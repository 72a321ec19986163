using System.ComponentModel.DataAnnotations;

namespace CalendarSync.Api.Authentication;

/// <summary>Who signs the access tokens of Rowan's users. One or both; with neither, only Development starts, on its own issuer.</summary>
internal sealed class SupabaseOptions : IValidatableObject
{
    /// <summary><c>SUPABASE_JWT_SECRET</c>: the shared secret of HS256 tokens, at least 32 characters.</summary>
    public string? JwtSecret { get; set; }

    /// <summary><c>SUPABASE_URL</c>: base of issuer and key set, such as <c>https://project.supabase.co</c>.</summary>
    public string? Url { get; set; }

    public bool IsConfigured => !string.IsNullOrEmpty(JwtSecret) || !string.IsNullOrEmpty(Url);

    /// <summary>The <c>iss</c> of every token, where the URL is known.</summary>
    public string? Issuer => string.IsNullOrEmpty(Url) ? null : $"{Url.TrimEnd('/')}/auth/v1";

    public static SupabaseOptions From(IConfiguration configuration) => new()
    {
        JwtSecret = configuration["SUPABASE_JWT_SECRET"] ?? configuration["Supabase:JwtSecret"],
        Url = configuration["SUPABASE_URL"] ?? configuration["Supabase:Url"],
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!string.IsNullOrEmpty(JwtSecret) && JwtSecret.Length < 32)
        {
            yield return new ValidationResult("SUPABASE_JWT_SECRET must have at least 32 characters.");
        }

        if (!string.IsNullOrEmpty(Url) && !(Uri.TryCreate(Url, UriKind.Absolute, out var url) && url.Scheme is "https" or "http"))
        {
            yield return new ValidationResult("SUPABASE_URL must be an absolute http(s) address.");
        }
    }
}
