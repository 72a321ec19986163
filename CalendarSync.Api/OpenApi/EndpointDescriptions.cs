using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Errors;
using CalendarSync.Api.Limits;
using FastEndpoints;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Routing.Patterns;
using BindingSource = Microsoft.AspNetCore.Mvc.ModelBinding.BindingSource;

namespace CalendarSync.Api.OpenApi;

/// <summary>
/// Tells the API document about the endpoints of FastEndpoints. The framework's own description provider reads the handler's method,
/// and FastEndpoints has one handler for all, so what is known comes from its endpoint definitions.
/// </summary>
internal sealed class EndpointDescriptions(EndpointDataSource endpoints) : IApiDescriptionProvider
{
    /// <summary>What any endpoint may answer.</summary>
    private static readonly ApiError[] Common = [new(500, "internal_error"), new(503, "service_unavailable")];

    private static readonly ApiError[] ForBodies = [new(400, "validation_error"), new(413, "body_too_large"), new(415, "unsupported_media_type")];

    private static readonly ApiError[] ForIdempotent = [new(409, "request_in_progress"), new(422, "idempotency_key_reused")];

    private static readonly ApiError[] ForUsers = [new(401, "unauthorized"), new(429, "rate_limited")];

    private static readonly EmptyModelMetadataProvider Models = new();

    public int Order => 0;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
        // The framework's provider has run before and described the handler that all of them share.
        foreach (var mistaken in context.Results.Where(result => result.ActionDescriptor.EndpointMetadata.OfType<EndpointDefinition>().Any()).ToList())
        {
            context.Results.Remove(mistaken);
        }

        foreach (var endpoint in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<EndpointDefinition>() is { } definition)
            {
                foreach (var verb in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? definition.Verbs)
                {
                    context.Results.Add(Describe(endpoint, definition, verb));
                }
            }
        }
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
    }

    private static ApiDescription Describe(RouteEndpoint endpoint, EndpointDefinition definition, string verb)
    {
        var documentation = endpoint.Metadata.GetMetadata<Documentation>();
        var description = new ApiDescription
        {
            HttpMethod = verb,
            RelativePath = Path(endpoint.RoutePattern),
            ActionDescriptor = new ActionDescriptor
            {
                DisplayName = endpoint.DisplayName,
                // What FastEndpoints says of bodies and answers is said better here.
                EndpointMetadata = [.. endpoint.Metadata.Where(item => item is not IAcceptsMetadata and not IProducesResponseTypeMetadata), .. Tags(documentation)],
                RouteValues = { ["controller"] = documentation?.Tag },
            },
        };
        AddParameters(description, endpoint, definition);
        AddResponses(description, endpoint, definition, documentation);
        return description;
    }

    private static IEnumerable<object> Tags(Documentation? documentation) => documentation is null
        ? []
        : [new TagsAttribute(documentation.Tag), new EndpointSummaryAttribute(documentation.Summary), new EndpointDescriptionAttribute(documentation.Description)];

    /// <summary>"/api/calendar/{id:guid}" is "api/calendar/{id}" to readers.</summary>
    private static string Path(RoutePattern pattern) => string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        RoutePatternLiteralPart literal => literal.Content,
        _ => "",
    }))));

    private static void AddParameters(ApiDescription description, RouteEndpoint endpoint, EndpointDefinition definition)
    {
        var policy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower;
        var members = definition.ReqDtoType.GetProperties().ToDictionary(property => policy.ConvertName(property.Name));
        foreach (var parameter in endpoint.RoutePattern.Parameters)
        {
            // Every {id} of this API is a UUID by its route constraint; the provider is a word.
            var isId = endpoint.RoutePattern.ParameterPolicies.TryGetValue(parameter.Name, out var policies) && policies.Any(p => p.Content == "guid");
            description.ParameterDescriptions.Add(Parameter(parameter.Name, isId ? typeof(Guid) : typeof(string), BindingSource.Path, isRequired: true));
            members.Remove(policy.ConvertName(parameter.Name));
        }

        if (endpoint.Metadata.GetMetadata<JsonBody>() is { } body)
        {
            description.ParameterDescriptions.Add(Parameter("body", body.Type, BindingSource.Body, isRequired: true));
            description.SupportedRequestFormats.Add(new ApiRequestFormat { MediaType = "application/json" });
        }
        else
        {
            foreach (var (name, member) in members)
            {
                var isRequired = member.IsDefined(typeof(RequiredAttribute), inherit: true);
                description.ParameterDescriptions.Add(Parameter(name, member.PropertyType, BindingSource.Query, isRequired));
            }
        }
    }

    private static ApiParameterDescription Parameter(string name, Type type, BindingSource source, bool isRequired) => new()
    {
        Name = name,
        Type = type,
        ModelMetadata = Models.GetMetadataForType(type),
        Source = source,
        IsRequired = isRequired,
    };

    private static void AddResponses(ApiDescription description, RouteEndpoint endpoint, EndpointDefinition definition, Documentation? documentation)
    {
        var text = endpoint.Metadata.GetMetadata<ProducesText>();
        var type = text is null ? definition.ResDtoType : typeof(string);
        var success = new ApiResponseType { StatusCode = 200, Type = type, ModelMetadata = Models.GetMetadataForType(type), Description = "Success" };
        success.ApiResponseFormats.Add(new ApiResponseFormat { MediaType = text?.MediaType ?? "application/json" });
        foreach (var also in endpoint.Metadata.GetOrderedMetadata<AlsoProduces>())
        {
            success.ApiResponseFormats.Add(new ApiResponseFormat { MediaType = also.MediaType });
        }

        description.SupportedResponseTypes.Add(success);
        var errors = (documentation?.Errors ?? [])
            .Concat(endpoint.Metadata.GetMetadata<JsonBody>() is null ? [] : ForBodies)
            .Concat(endpoint.Metadata.GetMetadata<IdempotentMetadata>() is null ? [] : ForIdempotent)
            .Concat(endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null ? ForUsers : [])
            .Concat(Common);
        foreach (var group in errors.GroupBy(error => error.Status, error => error.Codes).OrderBy(group => group.Key))
        {
            var codes = string.Join(", ", group.SelectMany(code => code).Distinct());
            var error = new ApiResponseType { StatusCode = group.Key, Type = typeof(ProblemDocument), Description = codes };
            error.ApiResponseFormats.Add(new ApiResponseFormat { MediaType = ProblemWriter.ContentType });
            description.SupportedResponseTypes.Add(error);
        }
    }
}
