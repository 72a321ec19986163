using CalendarSync.Web.Api;

namespace CalendarSync.Web.Sessions;

/// <summary>Somebody who is signed in.</summary>
/// <param name="Token">The bearer token for the API. It stays on this host.</param>
/// <param name="User">Who it is.</param>
/// <param name="Spaces">The spaces of which they were a member when they signed in.</param>
internal sealed record Session(string Token, Person User, IReadOnlyList<Space> Spaces)
{
    /// <summary>Without the token: a session may end up in a log or a debugger's window.</summary>
    public override string ToString() => $"Session of {User.Id}";
}
