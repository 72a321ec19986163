namespace CalendarSync.Api.Errors;

internal static class ErrorHandling
{
    /// <summary>Everything that goes wrong behind this point is answered as a problem, also what the framework refuses by a bare status.</summary>
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app)
    {
        app.UseMiddleware<ProblemMiddleware>();
        return app.UseStatusCodePages(context => ProblemWriter.WriteAsync(context.HttpContext, Problems.ForStatus(context.HttpContext.Response.StatusCode)));
    }
}
