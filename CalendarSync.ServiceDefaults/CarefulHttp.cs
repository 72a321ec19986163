using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace CalendarSync.ServiceDefaults;

internal static class CarefulHttp
{
    // RFC 9110 §9.2.1, and the two reading methods of WebDAV (RFC 4918 §9.1, RFC 3253 §3.6). An allow-list, because the package's own
    // DisableForUnsafeHttpMethods knows five methods and would repeat MKCALENDAR or MOVE.
    private static readonly HashSet<string> SafeMethods =
        new(["GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes every <see cref="HttpClient"/> of the factory resilient and discoverable, and keeps addresses out of the logs.</summary>
    public static IServiceCollection AddCarefulHttp(this IServiceCollection services) =>
        services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler(options => RetryOnlySafeMethods(options.Retry));
            http.AddServiceDiscovery();

            // The factory's loggers write whole request addresses, and a calendar's address names its owner.
            http.RemoveAllLoggers();
        });

    /// <summary>A write whose answer was lost may have happened: only its caller can tell, by reading first, whether to repeat it.</summary>
    private static void RetryOnlySafeMethods(HttpRetryStrategyOptions retry)
    {
        var isTransient = retry.ShouldHandle;
        retry.ShouldHandle = arguments =>
            arguments.Context.GetRequestMessage() is { } request && SafeMethods.Contains(request.Method.Method)
                ? isTransient(arguments)
                : ValueTask.FromResult(false);
    }
}
