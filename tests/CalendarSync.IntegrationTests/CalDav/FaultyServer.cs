using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CalendarSync.IntegrationTests.CalDav;

/// <summary>
/// A small CalDAV server over real HTTP for what no real server does on demand. It holds one calendar at <c>/home/cal/</c> and speaks
/// just enough; a test puts a fault in front of it by <see cref="Fault"/>.
/// </summary>
internal sealed class FaultyServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _version;

    private FaultyServer(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = new("http://127.0.0.1:1/");

    /// <summary>Path to etag and text.</summary>
    public ConcurrentDictionary<string, (string Etag, string Text)> Events { get; } = new();

    /// <summary>"METHOD path", in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The Authorization headers that came.</summary>
    public ConcurrentQueue<string> Credentials { get; } = new();

    /// <summary>Answers instead of the server when it returns true. The body was read already.</summary>
    public Func<HttpContext, string, Task<bool>> Fault { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>Where the principal says that the calendars are; this server by default.</summary>
    public string HomeHref { get; set; } = "/home/";

    /// <summary>What changed, for sync-collection: the body inside the multistatus, for a token.</summary>
    public Func<string, string> Changes { get; set; } = _ => "<sync-token>t1</sync-token>";

    /// <summary>Whether a PUT answers with its etag.</summary>
    public bool GivesEtags { get; set; } = true;

    /// <summary>Whether sync-collection is offered.</summary>
    public bool OffersSync { get; set; } = true;

    public string Ctag { get; set; } = "c1";

    public static async Task<FaultyServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new FaultyServer(builder.Build());
        server._app.Run(server.HandleAsync);
        await server._app.StartAsync();
        server.Url = new Uri(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return server;
    }

    public string Add(string name, string title = "Event")
    {
        var path = "/home/cal/" + name;
        Events[path] = (NextEtag(), EventText(name, title));
        return path;
    }

    public static string EventText(string uid, string title) =>
        $"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260314T090000Z\r\nDTEND:20260314T100000Z\r\nSUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    public string NextEtag() => $"\"{Interlocked.Increment(ref _version)}\"";

    public static Task AnswerAsync(HttpContext context, int status, string body = "", string contentType = "application/xml")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    }

    public static string Changed(string path, string etag) =>
        $"<response><href>{WebUtility.HtmlEncode(path)}</href><propstat><prop><getetag>{WebUtility.HtmlEncode(etag)}</getetag></prop><status>HTTP/1.1 200 OK</status></propstat></response>";

    public static string MultiStatus(string body) =>
        $"<multistatus xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" xmlns:CS=\"http://calendarserver.org/ns/\">{body}</multistatus>";

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var path = context.Request.Path.Value!;
        Requests.Enqueue($"{context.Request.Method} {path}");
        Credentials.Enqueue(context.Request.Headers.Authorization.ToString());
        if (!await Fault(context, body))
        {
            await ServeAsync(context, path, body);
        }
    }

    private Task ServeAsync(HttpContext context, string path, string body) => context.Request.Method switch
    {
        "PROPFIND" => AnswerAsync(context, 207, MultiStatus(Propfind(path))),
        "REPORT" when body.Contains("sync-collection", StringComparison.Ordinal) =>
            AnswerAsync(context, 207, MultiStatus(Changes(System.Xml.Linq.XDocument.Parse(body).Descendants("{DAV:}sync-token").Single().Value))),
        "REPORT" when body.Contains("multiget", StringComparison.Ordinal) => AnswerAsync(context, 207, MultiStatus(Multiget(body))),
        "REPORT" => AnswerAsync(context, 207, MultiStatus(string.Concat(Events.Select(e => Changed(e.Key, e.Value.Etag))))),
        "GET" when Events.TryGetValue(path, out var e) => GetAsync(context, e),
        "PUT" => PutAsync(context, path, body),
        "DELETE" => AnswerAsync(context, Events.TryRemove(path, out _) ? 204 : 404),
        _ => AnswerAsync(context, 404),
    };

    private string Propfind(string path) => path switch
    {
        "/" => "<response><href>/</href><propstat><prop><current-user-principal><href>/principal/</href></current-user-principal></prop><status>HTTP/1.1 200 OK</status></propstat></response>",
        "/principal/" => $"<response><href>/principal/</href><propstat><prop><C:calendar-home-set><href>{HomeHref}</href></C:calendar-home-set></prop><status>HTTP/1.1 200 OK</status></propstat></response>",
        _ => "<response><href>/home/cal/</href><propstat><prop><resourcetype><collection/><C:calendar/></resourcetype><displayname>Cal</displayname>"
            + $"<CS:getctag>{Ctag}</CS:getctag>"
            + (OffersSync ? "<sync-token>t1</sync-token><supported-report-set><supported-report><report><sync-collection/></report></supported-report></supported-report-set>" : "<supported-report-set/>")
            + "</prop><status>HTTP/1.1 200 OK</status></propstat></response>",
    };

    private string Multiget(string body) => string.Concat(System.Xml.Linq.XDocument.Parse(body).Descendants("{DAV:}href").Select(href => Events.TryGetValue(Uri.UnescapeDataString(href.Value), out var e)
        ? $"<response><href>{href.Value}</href><propstat><prop><getetag>{WebUtility.HtmlEncode(e.Etag)}</getetag><C:calendar-data>{WebUtility.HtmlEncode(e.Text)}</C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>"
        : $"<response><href>{href.Value}</href><status>HTTP/1.1 404 Not Found</status></response>"));

    private static Task GetAsync(HttpContext context, (string Etag, string Text) stored)
    {
        context.Response.Headers.ETag = stored.Etag;
        return AnswerAsync(context, 200, stored.Text, "text/calendar");
    }

    private Task PutAsync(HttpContext context, string path, string body)
    {
        var there = Events.TryGetValue(path, out var stored);
        var ifMatch = context.Request.Headers.IfMatch.ToString();
        if ((context.Request.Headers.IfNoneMatch == "*" && there) || (ifMatch.Length > 0 && (!there || (ifMatch != "*" && ifMatch != stored.Etag))))
        {
            return AnswerAsync(context, 412);
        }

        Events[path] = (NextEtag(), body);
        if (GivesEtags)
        {
            context.Response.Headers.ETag = Events[path].Etag;
        }

        return AnswerAsync(context, there ? 204 : 201);
    }
}
