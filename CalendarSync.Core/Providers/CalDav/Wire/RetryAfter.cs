using System.Net.Http.Headers;
using NodaTime;
using NodaTime.Extensions;

namespace CalendarSync.Core.Providers.CalDav.Wire;

/// <summary>The Retry-After header in its two forms (RFC 9110, section 10.2.3).</summary>
internal static class RetryAfter
{
    /// <summary>When the next try is allowed.</summary>
    /// <param name="header">Seconds, or a date.</param>
    /// <param name="now">For the seconds.</param>
    /// <returns><c>null</c> without a header. A date in the past is now.</returns>
    public static Instant? Read(RetryConditionHeaderValue? header, Instant now) => header switch
    {
        { Delta: { } delta } => now + Duration.FromTimeSpan(delta),
        { Date: { } date } => Instant.Max(now, date.ToInstant()),
        _ => null,
    };
}
