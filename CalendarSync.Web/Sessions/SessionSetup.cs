using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace CalendarSync.Web.Sessions;

/// <summary>Signing in and out of this front end.</summary>
internal static class SessionSetup
{
    /// <summary>Begins the name of every cookie of this front end.</summary>
    public const string CookiePrefix = "calendarsync.";

    /// <summary>The cookie that holds the key of the session, encrypted.</summary>
    public const string Cookie = CookiePrefix + "session";

    private const string KeyClaim = "session";
    private const string Scheme = CookieAuthenticationDefaults.AuthenticationScheme;

    public static void AddSessions(this IServiceCollection services)
    {
        services.AddSingleton<SessionStore>();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = CookiePrefix + "form";
            options.Cookie.SameSite = SameSiteMode.Strict;
        });
        services.AddAuthorization();
        services.AddCascadingAuthenticationState();
        services.AddAuthentication(Scheme).AddCookie(options =>
        {
            options.Cookie.Name = Cookie;
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.ExpireTimeSpan = SessionStore.Lifetime;
            options.SlidingExpiration = false;
            options.LoginPath = "/signin";
            options.ReturnUrlParameter = "then";
            options.Events.OnValidatePrincipal = EndWithTheStoreAsync;
        });
    }

    public static void UseSessions(this WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
    }

    public static void MapSessions(this WebApplication app) => app.MapPost("/signout", async (HttpContext context, IAntiforgery antiforgery, SessionStore sessions) =>
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.BadRequest();
        }

        sessions.Remove(context.User.SessionKey());
        await context.SignOutAsync(Scheme);
        return Results.LocalRedirect("/signin");
    });

    /// <summary>Sets the cookie of a new session.</summary>
    public static Task SignInAsync(this HttpContext context, SessionStore sessions, Session session)
    {
        var claims = new[] { new Claim(KeyClaim, sessions.Add(session)), new Claim(ClaimTypes.Name, session.User.Name) };
        return context.SignInAsync(Scheme, new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme)));
    }

    /// <summary>The key of the session of a request or of a circuit; <c>null</c> when nobody is signed in.</summary>
    public static string? SessionKey(this ClaimsPrincipal user) => user.FindFirstValue(KeyClaim);

    /// <summary>A cookie may outlive what it stands for: this host was restarted, or the person signed out elsewhere.</summary>
    private static async Task EndWithTheStoreAsync(CookieValidatePrincipalContext context)
    {
        var sessions = context.HttpContext.RequestServices.GetRequiredService<SessionStore>();
        if (sessions.Find(context.Principal?.SessionKey()) is null)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(Scheme);
        }
    }
}
