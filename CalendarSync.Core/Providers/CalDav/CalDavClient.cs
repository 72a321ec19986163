using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Xml;
using CalendarSync.Core.Providers.CalDav.Wire;
using CalendarSync.Core.Telemetry;
using Microsoft.Extensions.Options;
using NodaTime.Extensions;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>The only place that speaks HTTP to CalDAV servers: credentials, redirects, limits, time-outs, and the naming of faults.</summary>
internal sealed class CalDavClient(IHttpClientFactory clients, IRequestBudget budget, IOptions<AppleOptions> options, TimeProvider timeProvider)
{
    /// <summary>Name of the HTTP client.</summary>
    public const string HttpClientName = "caldav";

    /// <summary>Name of the HTTP client that never uses a connection twice.</summary>
    public const string UnpooledHttpClientName = "caldav-unpooled";

    private const int MaxRedirects = 5;
    private const int MaxErrorBody = 64 * 1024;

    // Servers that speak HTTP/1.0, as Radicale does. They close after each answer, and .NET pools the connection all the same: one request
    // in seven met its end and failed, writes included (measured). Nothing lost if a process forgets: what it sends first is a read.
    private readonly ConcurrentDictionary<string, bool> _closing = new();

    /// <summary>Sends a request and reads its answer to the end.</summary>
    /// <returns>An answer of any status but 401.</returns>
    /// <exception cref="ProviderException">There was no answer, or it could not be read, or the credentials are not accepted.</exception>
    public async Task<DavAnswer> SendAsync(CalDavSession session, DavRequest request, CancellationToken cancellationToken)
    {
        // Neither the address nor the account: both are personal.
        using var activity = CalendarSyncTelemetry.Source.StartActivity($"caldav {request.Method}", ActivityKind.Client);
        activity?.SetTag("http.request.method", request.Method.Method);
        using var timeout = new CancellationTokenSource(options.Value.RequestTimeout, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var answer = await FollowAsync(session, request, both.Token).ConfigureAwait(false);
            activity?.SetTag("http.response.status_code", (int)answer.Status);
            return answer.Status == HttpStatusCode.Unauthorized ? throw CalDavFaults.InvalidCredentials() : answer;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not ProviderException)
        {
            var fault = Classify(e, timeout.IsCancellationRequested);
            activity?.SetStatus(ActivityStatusCode.Error, fault?.Code);
            if (fault is null)
            {
                throw;
            }

            throw fault;
        }
    }

    // A redirect may not lose the method or the body, as HttpClient's own does, nor carry the password to a stranger (RFC 6764, section 8).
    private async Task<DavAnswer> FollowAsync(CalDavSession session, DavRequest request, CancellationToken cancellationToken)
    {
        // An etag is whatever the server wrote. One that is no header value may neither begin another header nor be left out, which would
        // make the write unconditional.
        if (request.IfMatch?.AsSpan().ContainsAnyExceptInRange(' ', '~') == true)
        {
            throw CalDavFaults.InvalidResponse();
        }

        var uri = request.Uri;
        for (var hop = 0; ; hop++)
        {
            if (!session.MaySendTo(uri) || (options.Value.RequireHttps && uri.Scheme != Uri.UriSchemeHttps))
            {
                throw CalDavFaults.AddressNotAllowed();
            }

            using var message = Message(session, request, uri);
            using var client = clients.CreateClient(_closing.ContainsKey(uri.Authority) ? UnpooledHttpClientName : HttpClientName);
            using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (response.Version < HttpVersion.Version11)
            {
                _closing.TryAdd(uri.Authority, true);
            }

            if (response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                    or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
                && response.Headers.Location is { } location)
            {
                uri = hop < MaxRedirects ? new Uri(uri, location) : throw CalDavFaults.InvalidResponse();
                continue;
            }

            var answer = await ReadAsync(request, response, uri, cancellationToken).ConfigureAwait(false);
            if (answer is { Status: HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, RetryAt: { } until })
            {
                // Said to this request, and meant for the account: whoever else works for it waits too.
                await budget.BlockAsync(session.Payer, (until - timeProvider.GetCurrentInstant()).ToTimeSpan(), cancellationToken).ConfigureAwait(false);
            }

            return answer;
        }
    }

    private static HttpRequestMessage Message(CalDavSession session, DavRequest request, Uri uri)
    {
        var message = new HttpRequestMessage(request.Method, uri);
        message.Headers.Authorization = session.Authorization;
        message.Options.Set(BudgetHandler.Payer, session.Payer);
        if (request.Depth is not null)
        {
            message.Headers.Add("Depth", request.Depth);
        }

        if (request.IfMatch is not null)
        {
            message.Headers.TryAddWithoutValidation("If-Match", request.IfMatch);
        }

        if (request.IfNoneMatch)
        {
            message.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        }

        if (request.Method == HttpMethod.Delete)
        {
            // Otherwise a meeting that goes from a guest's calendar is declined to its organizer by mail (RFC 6638, section 8.1).
            message.Headers.Add("Schedule-Reply", "F");
        }

        if (request.Body is not null)
        {
            message.Content = new StringContent(request.Body, Encoding.UTF8, request.ContentType);
        }

        return message;
    }

    private async Task<DavAnswer> ReadAsync(DavRequest request, HttpResponseMessage response, Uri uri, CancellationToken cancellationToken)
    {
        var answer = new DavAnswer(response.StatusCode, uri)
        {
            Etag = response.Headers.TryGetValues("ETag", out var etags) ? etags.FirstOrDefault(e => !string.IsNullOrWhiteSpace(e))?.Trim() : null,
            RetryAt = RetryAfter.Read(response.Headers.RetryAfter, timeProvider.GetCurrentInstant()),
        };
        using var body = new CappedStream(
            await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false),
            answer.IsSuccess ? options.Value.MaxResponseBytes : MaxErrorBody);
        if (!answer.IsSuccess)
        {
            return answer with { Conditions = MultiStatusParser.ReadConditions(await ErrorTextAsync(body, cancellationToken).ConfigureAwait(false)) };
        }

        // Some servers say 200 where they mean 207.
        if (request.Method == DavRequest.PropfindMethod || request.Method == DavRequest.ReportMethod)
        {
            return answer with { MultiStatus = await MultiStatusParser.ReadAsync(body, uri, options.Value.MaxResponseBytes, cancellationToken).ConfigureAwait(false) };
        }

        return request.Method == HttpMethod.Get ? answer with { Body = await TextAsync(body, cancellationToken).ConfigureAwait(false) } : answer;
    }

    private static async Task<string> TextAsync(Stream body, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(body, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<string> ErrorTextAsync(Stream body, CancellationToken cancellationToken)
    {
        try
        {
            return await TextAsync(body, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Too long, or cut short: the status, which is there already, says enough.
            return "";
        }
    }

    private static ProviderException? Classify(Exception e, bool timedOut) => e switch
    {
        OperationCanceledException when timedOut => CalDavFaults.Timeout(e),
        OperationCanceledException { InnerException: TimeoutException } => CalDavFaults.Timeout(e),
        BodyTooLargeException => CalDavFaults.ResponseTooLarge(e),
        XmlException { InnerException: BodyTooLargeException } => CalDavFaults.ResponseTooLarge(e),
        XmlException => CalDavFaults.InvalidResponse(e),
        HttpRequestException { InnerException: AddressNotAllowedException } => CalDavFaults.AddressNotAllowed(e),
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => CalDavFaults.InvalidResponse(e),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError } =>
            CalDavFaults.Unreachable(e),
        HttpRequestException or IOException => CalDavFaults.ConnectionLost(e),
        _ => null,
    };
}
