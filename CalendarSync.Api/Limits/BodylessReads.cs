using Microsoft.AspNetCore.Http.Features;

namespace CalendarSync.Api.Limits;

internal static class BodylessReads
{
    /// <summary>
    /// Forgets the content type of a GET or DELETE without a body. Clients set one on every request they make; it would be read as the
    /// promise of a JSON document, and its absence as a malformed one. RFC 9110, section 8.3: it describes content, and here is none.
    /// </summary>
    public static IApplicationBuilder UseBodylessReads(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var request = context.Request;
        var rarelyHasBody = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsDelete(request.Method);
        if (rarelyHasBody && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            request.ContentType = null;
        }

        return next(context);
    });
}
