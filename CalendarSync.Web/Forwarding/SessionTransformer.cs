using CalendarSync.Web.Sessions;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace CalendarSync.Web.Forwarding;

/// <summary>Adds the session's token and keeps this front end's own cookies to itself; the API's cookies pass.</summary>
internal sealed class SessionTransformer(string? token) : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);

        // The address of the API names its host; the browser's word for this one would confuse it.
        proxyRequest.Headers.Host = null;
        if (token is not null)
        {
            proxyRequest.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", token);
        }

        // Taken apart as text: a cookie is opaque, and decoding it and encoding it again need not give the same one.
        var cookies = httpContext.Request.Headers.Cookie.ToString().Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var passed = string.Join("; ", cookies.Where(cookie => !cookie.StartsWith(SessionSetup.CookiePrefix, StringComparison.Ordinal)));
        proxyRequest.Headers.Remove(HeaderNames.Cookie);
        if (passed.Length > 0)
        {
            proxyRequest.Headers.Add(HeaderNames.Cookie, passed);
        }
    }
}
