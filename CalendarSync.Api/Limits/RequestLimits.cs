using System.Diagnostics.Metrics;
using CalendarSync.Api.Errors;
using CalendarSync.Core.Coordination;
using CalendarSync.Core.Model;
using CalendarSync.Core.Telemetry;
using Microsoft.Extensions.Options;

namespace CalendarSync.Api.Limits;

/// <summary>The limits of users, shared by all replicas through Redis. While Redis is away nobody is limited: a family shall not wait for a cache.</summary>
internal sealed class RequestLimits
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly RateLimiter _limiter;
    private readonly RateLimitOptions _options;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _unlimited;

    public RequestLimits(RateLimiter limiter, IOptions<RateLimitOptions> options, IMeterFactory meters)
    {
        _limiter = limiter;
        _options = options.Value;
        var meter = meters.Create(CalendarSyncTelemetry.Name);
        _refused = meter.CreateCounter<long>("calendarsync.api.rate_limit.refused", "{request}", "Requests that were answered with 429.");
        _unlimited = meter.CreateCounter<long>("calendarsync.api.rate_limit.unavailable", "{request}", "Requests let through because Redis was away.");
    }

    public Task TakeRequestAsync(UserId user, bool isRead, CancellationToken ct) => TakeAsync(
        isRead ? "reads" : "writes",
        user.Value,
        _options.RequestsPer10Seconds * (isRead ? RateLimitOptions.ReadsPerWrite : 1),
        TimeSpan.FromSeconds(10),
        "Too many requests. Please try again later.",
        ct);

    public Task TakeManualSyncAsync(ConnectionId connection, CancellationToken ct) => TakeAsync(
        "sync",
        connection.Value,
        _options.ManualSyncPerHour,
        Hour,
        "Please wait before syncing again. Changes still sync by themselves.",
        ct);

    public Task TakePreviewAsync(ConnectionId connection, CancellationToken ct) => TakeAsync(
        "preview",
        connection.Value,
        _options.PreviewsPerHour,
        Hour,
        "Please wait before looking again: each preview reads the whole calendar.",
        ct);

    public Task TakeConnectAsync(UserId user, CancellationToken ct) => TakeAsync(
        "connect",
        user.Value,
        _options.ConnectPerHour,
        Hour,
        "Too many attempts to connect a calendar. Please try again later.",
        ct);

    private async Task TakeAsync(string kind, Guid id, int capacity, TimeSpan period, string error, CancellationToken ct)
    {
        if (capacity == 0)
        {
            return;
        }

        var decision = await _limiter.TakeAsync($"api:{kind}:{id}", new RateLimit(capacity, period), 1, ct);
        switch (decision.Outcome)
        {
            case RateLimitOutcome.Limited:
                _refused.Add(1, new KeyValuePair<string, object?>("kind", kind));
                throw new ProblemException(Problems.RateLimited(decision.RetryAfter, error));
            case RateLimitOutcome.Unavailable:
                _unlimited.Add(1, new KeyValuePair<string, object?>("kind", kind));
                break;
        }
    }
}
