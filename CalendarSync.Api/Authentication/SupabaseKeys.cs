using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace CalendarSync.Api.Authentication;

/// <summary>
/// Supabase's signing keys, by its published key set. The manager of the library caches them for hours and asks again, rarely, when a
/// token names a key that is not among them.
/// </summary>
internal sealed class SupabaseKeys : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    public static ConfigurationManager<OpenIdConnectConfiguration> Manager(string issuer, HttpClient client) =>
        new($"{issuer}/.well-known/jwks.json", new SupabaseKeys(), new HttpDocumentRetriever(client) { RequireHttps = issuer.StartsWith("https:", StringComparison.Ordinal) });

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel)
    {
        var keys = new JsonWebKeySet(await retriever.GetDocumentAsync(address, cancel));
        var configuration = new OpenIdConnectConfiguration();

        // Public keys only: a symmetric key in a published set would let anybody sign.
        foreach (var key in keys.GetSigningKeys().Where(key => key is RsaSecurityKey or ECDsaSecurityKey or JsonWebKey { Kty: "RSA" or "EC" }))
        {
            configuration.SigningKeys.Add(key);
        }

        return configuration;
    }
}
