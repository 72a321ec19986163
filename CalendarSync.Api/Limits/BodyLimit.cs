using CalendarSync.Api.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace CalendarSync.Api.Limits;

internal static class BodyLimit
{
    public const long Bytes = 1024 * 1024;

    /// <summary>
    /// Refuses a body that announces itself too large before a byte of it is read; one that says no length is cut off by the server
    /// at the same size (<see cref="BadHttpRequestException"/> with 413).
    /// </summary>
    public static IApplicationBuilder UseBodyLimit(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } server)
        {
            server.MaxRequestBodySize = Bytes;
        }

        return context.Request.ContentLength > Bytes ? throw new ProblemException(Problems.BodyTooLarge) : next(context);
    });
}
