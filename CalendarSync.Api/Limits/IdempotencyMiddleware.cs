using System.Text;
using CalendarSync.Api.Errors;
using CalendarSync.Core.Coordination;

namespace CalendarSync.Api.Limits;

/// <summary>
/// A repeat of a POST with the same <c>Idempotency-Key</c> gets the first answer and has no second effect. Only successes are kept: what
/// failed had no effect, and may work next time.
/// </summary>
internal sealed class IdempotencyMiddleware(RequestDelegate next, IdempotencyStore store)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IdempotentMetadata>() is null || context.User.Identity is not { IsAuthenticated: true })
        {
            return next(context);
        }

        return IdempotencyKey.Read(context.Request) switch
        {
            null => next(context),
            { Length: <= IdempotencyKey.MaxLength } key => InvokeAsync(context, key),
            _ => throw new ProblemException(Problems.Validation(IdempotencyKey.Header, $"The key may have at most {IdempotencyKey.MaxLength} characters.")),
        };
    }

    private async Task InvokeAsync(HttpContext context, string key)
    {
        var hash = IdempotencyKey.BodyHash(key, await ReadBodyAsync(context));
        switch (await store.ClaimAsync(IdempotencyKey.Scope(context), key, hash, context.RequestAborted))
        {
            case IdempotencyClaim.Replay { Answer: var answer }:
                context.Response.StatusCode = answer.Status;
                context.Response.ContentType = answer.ContentType;
                context.Response.Headers["Idempotency-Replayed"] = "true";
                await context.Response.WriteAsync(answer.Body, context.RequestAborted);
                break;
            case IdempotencyClaim.Reused:
                throw new ProblemException(Problems.IdempotencyKeyReused);
            case IdempotencyClaim.Running:
                throw new ProblemException(Problems.RequestInProgress);
            case IdempotencyClaim.Started { Ticket: var ticket }:
                await RunAsync(context, ticket);
                break;
            default:
                await next(context);
                break;
        }
    }

    private async Task RunAsync(HttpContext context, IdempotencyTicket ticket)
    {
        var original = context.Response.Body;
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        var kept = false;
        try
        {
            await next(context);
            if (context.Response.StatusCode is >= 200 and < 300)
            {
                var body = Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length);
                await store.CompleteAsync(ticket, new StoredAnswer(context.Response.StatusCode, context.Response.ContentType ?? "application/json", body));
                kept = true;
            }
        }
        finally
        {
            context.Response.Body = original;
            if (!kept)
            {
                await store.AbandonAsync(ticket);
            }
        }

        answer.Position = 0;
        await answer.CopyToAsync(original, context.RequestAborted);
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContext context)
    {
        context.Request.EnableBuffering();
        using var copy = new MemoryStream();
        await context.Request.Body.CopyToAsync(copy, context.RequestAborted);
        context.Request.Body.Position = 0;
        return copy.ToArray();
    }
}
