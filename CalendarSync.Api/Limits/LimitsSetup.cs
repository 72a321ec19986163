namespace CalendarSync.Api.Limits;

internal static class LimitsSetup
{
    /// <summary>Rate limits and idempotency. Needs <c>AddCoordination()</c>.</summary>
    public static IServiceCollection AddLimits(this IServiceCollection services)
    {
        services.AddOptions<RateLimitOptions>().BindConfiguration("RateLimits").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RequestLimits>();
        return services;
    }

    /// <summary>Behind authorization.</summary>
    public static IApplicationBuilder UseLimits(this IApplicationBuilder app) => app
        .UseBodylessReads()
        .UseBodyLimit()
        .UseMiddleware<RequestLimitMiddleware>()
        .UseMiddleware<IdempotencyMiddleware>();
}
