using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace CalendarSync.ServiceDefaults;

internal static class TelemetryDefaults
{
    /// <summary>The product's own activity source and meter; the same name as <c>CalendarSyncTelemetry.Name</c> of Core, which Web does not use.</summary>
    private const string OwnSource = "CalendarSync";

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });

        var telemetry = builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter(OwnSource, "Npgsql", RedisTracing.SourceName))
            .WithTracing(tracing => tracing
                .AddSource(builder.Environment.ApplicationName, OwnSource, RedisTracing.SourceName)
                .AddNpgsql()
                .AddAspNetCoreInstrumentation(options => options.Filter = context => !IsProbe(context.Request.Path))
                .AddHttpClientInstrumentation(options => options.EnrichWithHttpRequestMessage = HidePath));

        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            telemetry.UseOtlpExporter();
        }
    }

    private static bool IsProbe(string? path) => path is "/health" or "/alive";

    /// <summary>A calendar's path names its owner (<c>/amara@example.com/family/</c>): a span says where a request went, not whose it was.</summary>
    private static void HidePath(Activity activity, HttpRequestMessage request) =>
        activity.SetTag("url.full", request.RequestUri?.GetLeftPart(UriPartial.Authority));
}
