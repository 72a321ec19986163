using System.Text.RegularExpressions;

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>
/// What must not be in a log. Tests give everything private a name that begins with "canary" (titles, people, accounts, passwords,
/// tokens); the rest is recognised by its form.
/// </summary>
internal static partial class LogPrivacyRules
{
    /// <summary>The kind of private content in a text, or <c>null</c>.</summary>
    public static string? Find(string text) => text switch
    {
        _ when Canary.IsMatch(text) => "canary",
        _ when EMail.IsMatch(text) => "e-mail address",
        _ when Jwt.IsMatch(text) => "access token",
        _ when Envelope.IsMatch(text) => "encrypted secret",
        _ when Credentials.IsMatch(text) => "credentials",
        _ => null,
    };

    [GeneratedRegex(@"canary", RegexOptions.IgnoreCase)]
    private static partial Regex Canary { get; }

    [GeneratedRegex(@"[\w.+-]+(@|%40)[\w-]+\.[\w.]+", RegexOptions.IgnoreCase)]
    private static partial Regex EMail { get; }

    [GeneratedRegex(@"\beyJ[\w-]{8,}\.[\w-]+\.")]
    private static partial Regex Jwt { get; }

    [GeneratedRegex(@"\bv1\.[0-9a-f]{8}\.[\w-]{16,}")]
    private static partial Regex Envelope { get; }

    // A connection string, a basic or bearer header, or user information in an address.
    [GeneratedRegex(@"\bpassword\s*=\s*[^\s;]+|\b(basic|bearer)\s+[\w+/=.-]{8,}|://[^/\s:@]+:[^/\s@]+@", RegexOptions.IgnoreCase)]
    private static partial Regex Credentials { get; }
}
