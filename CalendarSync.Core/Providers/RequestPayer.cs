using System.Security.Cryptography;
using System.Text;
using CalendarSync.Core.Model;

namespace CalendarSync.Core.Providers;

/// <summary>
/// The account that a request is charged to. It is the account at the provider and not our connection: two members who connect the same
/// one share what it may ask.
/// </summary>
/// <param name="Provider">The limits of which apply.</param>
/// <param name="Key">A digest, so that what is stored under it names nobody.</param>
public sealed record RequestPayer(CalendarProvider Provider, string Key)
{
    /// <summary>The payer of an account at a server.</summary>
    /// <param name="provider">Which provider.</param>
    /// <param name="server">The server that was named, not the host that it sends its clients on to.</param>
    /// <param name="accountId">As the user wrote it; upper and lower case are one account.</param>
    public static RequestPayer Of(CalendarProvider provider, Uri server, string accountId)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(accountId);
        var name = $"{server.IdnHost}:{server.Port}\n{accountId.Trim()}".ToUpperInvariant();
        return new RequestPayer(provider, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32]);
    }
}
