using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>
/// Stands between the workers and a real CalDAV server and can hold a request, before the server has it or after the server has done it:
/// the moment at which a test kills whoever waits for the answer.
/// </summary>
internal sealed class CalendarTap : IAsyncDisposable
{
    /// <summary>Where a request is held.</summary>
    internal enum Side
    {
        /// <summary>On its way: the server does not have it.</summary>
        Before,

        /// <summary>The server has done it, and the answer is on its way back.</summary>
        After,
    }

    private readonly WebApplication _app;
    private readonly Uri _server;

    // Radicale answers in HTTP/1.0 and closes.
    private readonly HttpClient _client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, AllowAutoRedirect = false, UseProxy = false });
    private readonly Lock _lock = new();
    private readonly List<Hold> _holds = [];
    private readonly ConcurrentQueue<string> _log = [];
    private int _open;

    private CalendarTap(WebApplication app, Uri server) => (_app, _server) = (app, server);

    public Uri Url { get; private set; } = new("http://127.0.0.1:1/");

    /// <summary>The requests so far, for the message of a failure.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>Requests that were not answered yet.</summary>
    public int Open => Volatile.Read(ref _open);

    public static async Task<CalendarTap> StartAsync(Uri server)
    {
        var builder = WebApplication.CreateSlimBuilder();

        // No host of ours: its paths hold names of accounts, and what it would log is none of the product's logs.
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.None);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var tap = new CalendarTap(builder.Build(), server);
        tap._app.Run(tap.HandleAsync);
        await tap._app.StartAsync();
        tap.Url = new Uri(tap._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return tap;
    }

    /// <summary>Holds the next request that fits, once.</summary>
    public Hold HoldNext(Side side, Func<Request, bool> fits)
    {
        var hold = new Hold(side, fits);
        lock (_lock)
        {
            _holds.Add(hold);
        }

        return hold;
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _holds.ForEach(hold => hold.Release());
        }

        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        Interlocked.Increment(ref _open);
        try
        {
            await PassOnAsync(context);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task PassOnAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var request = new Request(context.Request.Method, WebUtility.UrlDecode(context.Request.Path.Value!), await reader.ReadToEndAsync());
        if (Take(Side.Before, request) is { } before && !await before.WaitAsync())
        {
            context.Abort();
            return;
        }

        // Not cancelled when the caller dies: what is on its way arrives.
        using var forwarded = Forward(context.Request, request.Body);
        using var answer = await _client.SendAsync(forwarded, CancellationToken.None);
        var body = await answer.Content.ReadAsByteArrayAsync(CancellationToken.None);
        _log.Enqueue($"{request.Method} {request.Path} {(int)answer.StatusCode}");
        if (Take(Side.After, request) is { } after && !await after.WaitAsync())
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(h => h.Key is not "Connection" and not "Transfer-Encoding" and not "Content-Length"))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        if (body.Length > 0)
        {
            await context.Response.Body.WriteAsync(body, CancellationToken.None);
        }
    }

    private HttpRequestMessage Forward(HttpRequest from, string body)
    {
        var to = new HttpRequestMessage(new HttpMethod(from.Method), new Uri(_server, from.Path.ToUriComponent() + from.QueryString))
        {
            Content = new StringContent(body),
        };
        to.Content.Headers.ContentType = null;
        foreach (var (name, values) in from.Headers.Where(h => h.Key is not "Host" and not "Connection" and not "Content-Length" and not "Transfer-Encoding"))
        {
            if (!to.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                to.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        return to;
    }

    private Hold? Take(Side side, Request request)
    {
        lock (_lock)
        {
            var hold = _holds.FirstOrDefault(h => h.Where == side && h.Fits(request));
            if (hold is not null)
            {
                _holds.Remove(hold);
            }

            return hold;
        }
    }

    /// <summary>What a worker asked for; the path is decoded.</summary>
    internal sealed record Request(string Method, string Path, string Body)
    {
        public bool Reads => Method == "REPORT" && Body.Contains("multiget", StringComparison.Ordinal);

        public bool Writes => Method is "PUT" or "DELETE";
    }

    /// <summary>A request that waits.</summary>
    internal sealed class Hold(Side side, Func<Request, bool> fits)
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<bool> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Side Where { get; } = side;

        public Func<Request, bool> Fits { get; } = fits;

        /// <summary>Ends when a request is held.</summary>
        public Task Reached => _reached.Task;

        /// <summary>Lets it go on.</summary>
        public void Release() => _released.TrySetResult(true);

        /// <summary>Cuts its connection: it never arrives, or its answer does not.</summary>
        public void Drop() => _released.TrySetResult(false);

        internal Task<bool> WaitAsync()
        {
            _reached.TrySetResult();
            return _released.Task;
        }
    }
}
