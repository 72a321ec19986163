using CalendarSync.Web.Sessions;

namespace CalendarSync.Web.Api;

/// <summary>The sign-in of Development: anybody of the demo family, or a new person.</summary>
internal sealed class DemoSignIn(ApiTransport transport)
{
    /// <returns><c>null</c> where the API has no such sign-in: elsewhere people come with the session of Rowan's own front end.</returns>
    public async Task<IReadOnlyList<Person>?> FindFamilyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await transport.SendAsync<DemoFamily>(HttpMethod.Get, "dev/family", token: null, body: null, cancellationToken)).Users;
        }
        catch (ApiException problem) when (problem.Code == "not_found")
        {
            return null;
        }
    }

    public async Task<Session> SignInAsync(string email, CancellationToken cancellationToken)
    {
        var signedIn = await transport.SendAsync<SignedIn>(HttpMethod.Post, "dev/token", token: null, new { Email = email }, cancellationToken);
        return new Session(signedIn.AccessToken, signedIn.User, signedIn.Spaces);
    }
}
