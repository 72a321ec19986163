namespace CalendarSync.Web.Forwarding;

/// <summary>
/// A cookie travels with requests that other sites make the browser send. What only reads is harmless, because they cannot see the
/// answer; anything else has to prove that this origin's own page sent it.
/// </summary>
/// <remarks>Fetch standard, section 3.2 (Origin) and Fetch Metadata (Sec-Fetch-Site): no page can set either by itself.</remarks>
internal static class OwnOrigin
{
    public static bool Allows(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
        {
            return true;
        }

        return request.Headers.Origin is [{ } origin]
            ? string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            : request.Headers["Sec-Fetch-Site"] is ["same-origin"];
    }
}
