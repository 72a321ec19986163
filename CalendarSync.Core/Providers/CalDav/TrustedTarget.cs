using System.Net;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>
/// Where the credentials of a connection may go besides the server that the user named. CalDAV sends its clients on: by redirect (RFC
/// 6764, section 5) and by addresses on other hosts, as iCloud does from caldav.icloud.com to p42-caldav.icloud.com.
/// </summary>
internal static class TrustedTarget
{
    /// <summary>Whether a target belongs to the named server: the same host, or one under the same registrable name; never from https to http.</summary>
    public static bool IsTrusted(Uri server, Uri target)
    {
        if (target.Scheme != Uri.UriSchemeHttps && (target.Scheme != Uri.UriSchemeHttp || server.Scheme != Uri.UriSchemeHttp))
        {
            return false;
        }

        return string.Equals(server.IdnHost, target.IdnHost, StringComparison.OrdinalIgnoreCase)
            || (Registrable(server) is { } suffix && string.Equals(suffix, Registrable(target), StringComparison.OrdinalIgnoreCase));
    }

    // The public suffix list is not worth its upkeep here. Taking three labels where the last two look like "co.uk" errs on the side of
    // trusting less; the user can then name the other host.
    private static string? Registrable(Uri uri)
    {
        if (IPAddress.TryParse(uri.IdnHost.Trim('[', ']'), out _))
        {
            return null;
        }

        var labels = uri.IdnHost.TrimEnd('.').Split('.');
        var needed = labels.Length >= 2 && labels[^1].Length == 2 && labels[^2].Length <= 3 ? 3 : 2;
        return labels.Length < needed ? null : string.Join('.', labels[^needed..]);
    }
}
