using CalendarSync.Api.Json;
using FastEndpoints;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using NodaTime;
using Scalar.AspNetCore;

namespace CalendarSync.Api.OpenApi;

/// <summary>The machine-readable contract at <c>/openapi/v1.json</c>, and its page at <c>/scalar</c>.</summary>
internal static class ApiDocument
{
    private const string Bearer = "bearer";

    public static IServiceCollection AddApiDocument(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));
        services.AddEndpointsApiExplorer();
        services.AddSingleton<IApiDescriptionProvider, EndpointDescriptions>();
        services.AddOpenApi("v1", options =>
        {
            options.CreateSchemaReferenceId = info => OpenApiOptions.CreateDefaultSchemaReferenceId(info) is { } name ? SchemaNames.Of(info.Type, name) : null;
            options.AddSchemaTransformer(DescribeOwnTypesAsync);
            options.AddOperationTransformer(NameAsync);
            options.AddOperationTransformer(RequireTokenAsync);
            options.AddDocumentTransformer((document, _, _) =>
            {
                Describe(document);
                return Task.CompletedTask;
            });
        });
        return services;
    }

    public static void MapApiDocument(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi().AllowAnonymous();
        app.MapScalarApiReference(options => options.WithTitle("CalendarSync API")).AllowAnonymous();
    }

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "CalendarSync API",
            Version = "v1",
            Description = "Two-way sync between Rowan and the calendars that a family already uses. Keys are snake_case, times RFC 3339 in UTC, ids UUID.",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "The user's access token from Supabase.",
        };

        // Where it runs is not known here: behind Rowan or CalendarSync.Web it is the browser's own origin.
        document.Servers = [new OpenApiServer { Url = "/" }];
    }

    private static Task RequireTokenAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (!context.Description.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] }];
        }

        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Limits.IdempotentMetadata>().Any())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = Limits.IdempotencyKey.Header,
                In = ParameterLocation.Header,
                Description = "A value of your own, at most 200 characters. A repeat within 24 hours gets the first answer again and does nothing.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = Limits.IdempotencyKey.MaxLength },
            });
        }

        return Task.CompletedTask;
    }

    /// <summary>The exporter cannot look into our converters.</summary>
    private static async Task DescribeOwnTypesAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        var nullable = type == context.JsonTypeInfo.Type ? default : JsonSchemaType.Null;
        if (type == typeof(Instant))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String | nullable, "date-time");
        }
        else if (type == typeof(LocalDate))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String | nullable, "date");
        }
        else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Optional<>))
        {
            var value = await context.GetOrCreateSchemaAsync(type.GetGenericArguments()[0], null, cancellationToken);
            (schema.Type, schema.Format, schema.Items) = ((value.Type ?? JsonSchemaType.String) | JsonSchemaType.Null, value.Format, value.Items);
        }
    }

    private static Task NameAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<EndpointDefinition>().FirstOrDefault() is { } definition)
        {
            operation.OperationId = SchemaNames.OfFeature(definition.EndpointType);
        }

        return Task.CompletedTask;
    }
}
