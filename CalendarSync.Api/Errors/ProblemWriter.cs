using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CalendarSync.Api.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace CalendarSync.Api.Errors;

/// <summary>Writes a problem in the one shape that all answers of this API have.</summary>
internal static class ProblemWriter
{
    public const string ContentType = "application/problem+json";

    public static async Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        if (problem.Status == StatusCodes.Status413PayloadTooLarge)
        {
            // What is left of the body is not worth reading.
            response.Headers.Connection = "close";
        }

        if (RetrySeconds(problem) is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        await JsonSerializer.SerializeAsync(response.Body, ToJson(problem, context), ApiJson.Options, context.RequestAborted);
    }

    internal static JsonObject ToJson(Problem problem, HttpContext context)
    {
        var json = new JsonObject
        {
            ["type"] = $"urn:calendarsync:problem:{problem.Code}",
            ["title"] = ReasonPhrases.GetReasonPhrase(problem.Status),
            ["status"] = problem.Status,
            ["detail"] = problem.Error,
            ["traceId"] = TraceId(context),
            ["code"] = problem.Code,
            ["error"] = problem.Error,
        };
        if (problem.Details.Count > 0)
        {
            json["details"] = JsonSerializer.SerializeToNode(problem.Details, ApiJson.Options);
        }

        if (RetrySeconds(problem) is { } seconds)
        {
            json["retry_after"] = seconds;
        }

        foreach (var (name, value) in problem.Extensions)
        {
            json[name] = JsonSerializer.SerializeToNode(value, ApiJson.Options);
        }

        return json;
    }

    private static int? RetrySeconds(Problem problem) =>
        problem.RetryAfter is { } wait ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : null;

    /// <summary>What an operator can look the request up by.</summary>
    private static string TraceId(HttpContext context) =>
        Activity.Current is { } activity ? activity.TraceId.ToHexString() : context.TraceIdentifier;
}
