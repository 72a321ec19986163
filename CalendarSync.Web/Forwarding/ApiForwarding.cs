using System.Diagnostics;
using System.Net;
using CalendarSync.Web.Api;
using CalendarSync.Web.Sessions;
using Microsoft.Extensions.ServiceDiscovery.Http;
using Yarp.ReverseProxy.Forwarder;

namespace CalendarSync.Web.Forwarding;

/// <summary>
/// <c>/api/*</c> of this origin is the API, with the token of the session added, as Rowan's own front end does it: scripts of the page
/// need no token and no other origin.
/// </summary>
internal static class ApiForwarding
{
    // Server-sent events are silent for as long as nothing happens; the API sends a comment more often than this.
    private static readonly ForwarderRequestConfig Request = new() { ActivityTimeout = TimeSpan.FromMinutes(2) };

    public static void AddApiForwarding(this IServiceCollection services)
    {
        services.AddHttpForwarder();
        services.AddSingleton(provider => new ApiInvoker(provider.GetRequiredService<IServiceDiscoveryHttpMessageHandlerFactory>().CreateHandler(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
                ConnectTimeout = TimeSpan.FromSeconds(5),
            })));
    }

    public static void MapApiForwarding(this WebApplication app) => app.Map("/api/{**rest}", ForwardAsync);

    private static async Task ForwardAsync(HttpContext context, IHttpForwarder forwarder, ApiInvoker api, SessionStore sessions)
    {
        // A request that brings a token of its own speaks for itself; only the session's token is lent.
        var session = context.Request.Headers.Authorization.Count == 0 ? sessions.Find(context.User.SessionKey()) : null;
        if (session is not null && !OwnOrigin.Allows(context.Request))
        {
            await WriteProblemAsync(context, 403, "origin_not_allowed", "This request does not come from this page.");
            return;
        }

        var error = await forwarder.SendAsync(context, CalendarApiSetup.Address, api, Request, new SessionTransformer(session?.Token));
        if (error is not (ForwarderError.None or ForwarderError.RequestCanceled) && !context.Response.HasStarted)
        {
            context.Response.Clear();
            context.Response.Headers.RetryAfter = "5";
            await WriteProblemAsync(context, 503, "service_unavailable", "The calendar service does not answer right now. Please try again in a moment.");
        }
    }

    private static Task WriteProblemAsync(HttpContext context, int status, string code, string error)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new { type = "about:blank", title = error, status, detail = error, traceId = Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier, code, error },
            options: null,
            contentType: "application/problem+json");
    }

    /// <summary>Sends to the API wherever service discovery finds it; without the retries and time-outs of our other clients, which would cut a stream.</summary>
    private sealed class ApiInvoker(HttpMessageHandler handler) : HttpMessageInvoker(handler);
}
