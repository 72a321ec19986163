using System.Net.Http.Headers;
using System.Text;
using CalendarSync.Core.Model;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>What is needed to speak for one account during one call: where it lives, and its credentials, which no default header ever holds.</summary>
internal sealed class CalDavSession
{
    private CalDavSession(ProviderAccount account, Uri server, AuthenticationHeaderValue authorization)
    {
        Account = account;
        Server = server;
        Authorization = authorization;
        Payer = RequestPayer.Of(CalendarProvider.Apple, server, account.AccountId);
    }

    /// <summary>The account.</summary>
    public ProviderAccount Account { get; }

    /// <summary>The address that the user named, or the provider's own.</summary>
    public Uri Server { get; }

    /// <summary>Basic, in UTF-8 (RFC 7617). Secret.</summary>
    public AuthenticationHeaderValue Authorization { get; }

    /// <summary>Whose budget our requests are charged to.</summary>
    public RequestPayer Payer { get; }

    /// <summary>Reads the password and makes the session.</summary>
    /// <exception cref="ProviderException">The server address cannot be one.</exception>
    public static async Task<CalDavSession> OpenAsync(ProviderAccount account, AppleOptions options, CancellationToken cancellationToken)
    {
        var server = account.ServerUrl ?? options.ServerUrl;
        if (!server.IsAbsoluteUri || server.Scheme is not ("http" or "https") || server.UserInfo.Length > 0 || (options.RequireHttps && server.Scheme != Uri.UriSchemeHttps))
        {
            throw CalDavFaults.AddressNotAllowed();
        }

        var password = await account.ReadSecretAsync(SecretKind.AppSpecificPassword, cancellationToken).ConfigureAwait(false);
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account.AccountId}:{password}"));
        return new CalDavSession(account, server, new AuthenticationHeaderValue("Basic", basic));
    }

    /// <summary>Whether the credentials may be sent to an address.</summary>
    public bool MaySendTo(Uri target) => target.UserInfo.Length == 0 && TrustedTarget.IsTrusted(Server, target);

    /// <inheritdoc/>
    public override string ToString() => nameof(CalDavSession);
}
