using FastEndpoints;

namespace CalendarSync.Api.OpenApi;

/// <summary>An error that an endpoint answers with, besides those that any endpoint may.</summary>
internal sealed record ApiError(int Status, params string[] Codes);

/// <summary>What the API document says about an endpoint, kept as its metadata.</summary>
internal sealed record Documentation(string Tag, string Summary, string Description, IReadOnlyList<ApiError> Errors);

/// <summary>The type of the JSON body of an endpoint. An endpoint without it has none.</summary>
internal sealed record JsonBody(Type Type);

/// <summary>A media type, besides JSON, that an endpoint may answer with.</summary>
internal sealed record AlsoProduces(string MediaType);

/// <summary>The media type that an endpoint answers with instead of JSON.</summary>
internal sealed record ProducesText(string MediaType);

internal static class DocumentationExtensions
{
    public static void Describe(this EndpointDefinition endpoint, string tag, string summary, string description, params ApiError[] errors) =>
        endpoint.Options(builder => builder.WithMetadata(new Documentation(tag, summary, description, errors)));

    /// <summary>The request is the JSON body, whole: no member of it can come from the query, a header or a claim.</summary>
    public static void TakesJson(this EndpointDefinition endpoint)
    {
        endpoint.RequestBinder(typeof(JsonBodyBinder<>));
        endpoint.Options(builder => builder.WithMetadata(new JsonBody(endpoint.ReqDtoType)));
    }

    /// <summary>The request is the address: clients that announce JSON with every request, and send none, are not taken at their word.</summary>
    public static void TakesAddress(this EndpointDefinition endpoint) => endpoint.RequestBinder(typeof(AddressBinder<>));

    private sealed class AddressBinder<T>() : RequestBinder<T>(BindingSource.RouteValues | BindingSource.QueryParams)
        where T : notnull;

    private sealed class JsonBodyBinder<T>() : RequestBinder<T>(BindingSource.JsonBody)
        where T : notnull;
}
