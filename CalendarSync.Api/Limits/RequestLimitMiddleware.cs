using CalendarSync.Api.Authentication;

namespace CalendarSync.Api.Limits;

/// <summary>The general limit of a signed-in user. Behind authorization, so that nobody can use up somebody else's.</summary>
internal sealed class RequestLimitMiddleware(RequestDelegate next, RequestLimits limits)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.User.Identity is { IsAuthenticated: true } && context.GetEndpoint() is not null)
        {
            var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
            await limits.TakeRequestAsync(context.User.UserId(), isRead, context.RequestAborted);
        }

        await next(context);
    }
}
