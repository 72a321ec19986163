using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CalendarSync.IntegrationTests.Fixtures.Faults;

/// <summary>
/// Stands before a real server and passes everything on, until a test scripts a fault:
/// <code>
/// await using var proxy = await FaultProxy.StartAsync(radicale.Url);
/// proxy.On("PUT").Once().Do(Fault.DropAfter);                                   // it happened, and nobody heard of it
/// proxy.On("REPORT", body: "calendar-multiget").Skip(1).Do(Fault.Status(503));  // from the second one on
/// </code>
/// It listens on loopback by plain http, so processes of their own can use it too. The rule that was added last is asked first.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _server;
    private readonly ConcurrentStack<FaultRule> _rules = new();
    private readonly ConcurrentQueue<ProxiedRequest> _requests = new();

    private FaultProxy(WebApplication app, Uri target)
    {
        _app = app;
        Target = target;

        // A connection per request, as Radicale closes after each answer; redirects and cookies are for the client to see.
        _server = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            PooledConnectionLifetime = TimeSpan.Zero,
            ActivityHeadersPropagator = null,
        });
        _server.Timeout = Timeout.InfiniteTimeSpan;
    }

    /// <summary>The server behind.</summary>
    public Uri Target { get; }

    /// <summary>Where clients connect instead of <see cref="Target"/>.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1:1/");

    /// <summary>Every request so far, in the order of arrival, refused ones too.</summary>
    public IReadOnlyCollection<ProxiedRequest> Requests => _requests;

    /// <summary>Starts a proxy on a free port.</summary>
    public static async Task<FaultProxy> StartAsync(Uri target)
    {
        var builder = WebApplication.CreateSlimBuilder();

        // A foreign server: what it would log of its requests is not ours to answer for.
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(options => options.Limits.MaxRequestBodySize = null);
        var proxy = new FaultProxy(builder.Build(), target);
        proxy._app.Run(proxy.HandleAsync);
        await proxy._app.StartAsync();
        proxy.Url = new Uri(proxy._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return proxy;
    }

    /// <summary>Begins a rule for requests of a method, or of all (<c>null</c>), whose path and body contain something.</summary>
    public FaultRule On(string? method = null, string? path = null, string? body = null) => On(request =>
        (method is null || request.Method == method)
        && (path is null || request.Path.Contains(path, StringComparison.Ordinal))
        && (body is null || request.Body.Contains(body, StringComparison.Ordinal)));

    /// <summary>Begins a rule for the requests that match.</summary>
    public FaultRule On(Func<ProxiedRequest, bool> matches)
    {
        var rule = new FaultRule(matches);
        _rules.Push(rule);
        return rule;
    }

    /// <summary>From here on everything is passed on again.</summary>
    public void Heal() => _rules.Clear();

    /// <summary>How many requests of a method, or whose body contains something, have come.</summary>
    public int Count(string? method = null, string? path = null, string? body = null) => _requests.Count(request =>
        (method is null || request.Method == method)
        && (path is null || request.Path.Contains(path, StringComparison.Ordinal))
        && (body is null || request.Body.Contains(body, StringComparison.Ordinal)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _server.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var request = await ProxiedRequest.ReadAsync(context);
        _requests.Enqueue(request);

        // Written or not, the server gets to the end of what it was asked: a client that goes away does not take it back.
        Task<ProxiedAnswer> Forward() => request.ForwardAsync(_server, Target);
        var fault = _rules.Select(rule => rule.Take(request)).FirstOrDefault(taken => taken is not null) ?? Fault.None;
        try
        {
            var answer = await fault(request, Forward, context.RequestAborted);
            if (answer is null)
            {
                context.Abort();
                return;
            }

            await answer.WriteAsync(context);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The server behind is away, or the client is: for the other one that is a lost connection.
            context.Abort();
        }
    }
}
