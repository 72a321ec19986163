namespace CalendarSync.Api.Errors;

/// <summary>The one place where a fault becomes an answer.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: nobody reads an answer. 499 is what proxies note for it.
            Answerless(context, StatusCodes.Status499ClientClosedRequest);
        }
        catch (Exception fault)
        {
            var problem = ProblemMapping.Map(fault);
            if (problem.Status >= 500)
            {
                Report(context, problem, fault);
            }

            if (context.Response.HasStarted)
            {
                // Half an answer must not look whole.
                context.Abort();
                return;
            }

            context.Response.Clear();
            await ProblemWriter.WriteAsync(context, problem);
        }
    }

    private void Report(HttpContext context, Problem problem, Exception fault)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";
        if (problem.Code != Problems.Internal.Code)
        {
            // Expected, and not ours to mend here: a database or a provider is away, a pass failed.
            Log.Unavailable(logger, context.Request.Method, route, problem.Code, fault.GetType().Name);
        }
        else
        {
            Log.Unhandled(logger, fault, context.Request.Method, route);
        }
    }

    private static void Answerless(HttpContext context, int status)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = status;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "{Method} {Route} answered {Code}: {Fault}")]
        public static partial void Unavailable(ILogger logger, string method, string route, string code, string fault);

        [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "{Method} {Route} failed")]
        public static partial void Unhandled(ILogger logger, Exception fault, string method, string route);
    }
}
