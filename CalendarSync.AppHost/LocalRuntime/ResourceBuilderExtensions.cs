using Aspire.Hosting.Local;

namespace Aspire.Hosting;

/// <summary>The part of Aspire's <c>With…</c> vocabulary that the app host uses, with the same meaning and the same variables.</summary>
public static class ResourceBuilderExtensions
{
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value)
        where T : IResourceWithEnvironment => builder.Set(name, _ => new(value));

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, ReferenceExpression value)
        where T : IResourceWithEnvironment => builder.Set(name, value.GetValueAsync);

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, EndpointReference endpointReference)
        where T : IResourceWithEnvironment => builder.Set(name, endpointReference.GetValueAsync);

    public static IResourceBuilder<T> WithEnvironment<T>(
        this IResourceBuilder<T> builder,
        string name,
        IResourceBuilder<ParameterResource> parameter)
        where T : IResourceWithEnvironment => builder.Set(name, parameter.Resource.GetValueAsync);

    /// <summary>Hands over a connection string as <c>ConnectionStrings__name</c>, and its parts as <c>NAME_HOST</c> and so on.</summary>
    public static IResourceBuilder<T> WithReference<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResourceWithConnectionString> source)
        where T : IResourceWithEnvironment
    {
        var resource = source.Resource;
        var prefix = VariableName(resource.Name);
        builder.Set($"ConnectionStrings__{resource.Name}", resource.ConnectionStringExpression.GetValueAsync);
        foreach (var (part, value) in ConnectionParts.Of(resource))
        {
            builder.Set($"{prefix}_{part}", value.GetValueAsync);
        }

        return builder;
    }

    /// <summary>Hands over every endpoint of a service.</summary>
    public static IResourceBuilder<T> WithReference<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where T : IResourceWithEnvironment => builder.Mutate(spec => spec.Environment.Add(async context =>
        {
            foreach (var endpoint in SpecOf(source.Resource).Endpoints)
            {
                await AddEndpointAsync(context, new EndpointReference(source.Resource, endpoint.Name));
            }
        }));

    /// <summary>Hands over one endpoint as <c>services__name__endpoint__0</c> and <c>NAME_ENDPOINT</c>.</summary>
    public static IResourceBuilder<T> WithReference<T>(this IResourceBuilder<T> builder, EndpointReference endpointReference)
        where T : IResourceWithEnvironment =>
        builder.Mutate(spec => spec.Environment.Add(context => AddEndpointAsync(context, endpointReference)));

    public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, params object[] args)
        where T : IResourceWithArgs => builder.Mutate(spec => spec.Arguments.AddRange(args));

    public static IResourceBuilder<T> WithHttpEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, string? name = null, string? env = null)
        where T : IResourceWithEndpoints =>
        builder.Mutate(spec => spec.Endpoints.Add(new(name ?? "http", "http", "localhost", port, env, IsExternal: false)));

    public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEndpoints => builder.Mutate(spec =>
        {
            for (var i = 0; i < spec.Endpoints.Count; i++)
            {
                spec.Endpoints[i] = spec.Endpoints[i] with { IsExternal = true };
            }
        });

    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name)
        where T : IResourceWithEndpoints => new(builder.Resource, name);

    public static IResourceBuilder<T> WithHttpHealthCheck<T>(this IResourceBuilder<T> builder, string? path = null)
        where T : IResourceWithEndpoints => builder.Mutate(spec => spec.HealthPath = path ?? "/");

    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport =>
        builder.Mutate(spec => spec.Dependencies.Add(new((Resource)dependency.Resource, ForCompletion: false)));

    public static IResourceBuilder<T> WaitForCompletion<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport
    {
        SpecOf(dependency.Resource).RunsToCompletion = true;
        return builder.Mutate(spec => spec.Dependencies.Add(new((Resource)dependency.Resource, ForCompletion: true)));
    }

    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas) =>
        builder.Mutate(spec => spec.Replicas = replicas);

    /// <summary>Locally a folder of the data directory, whose path the process finds in <c>VOLUME_TARGET</c> (<c>/data</c>: <c>VOLUME_DATA</c>).</summary>
    public static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string? name, string target)
        where T : ContainerResource => builder.Mutate(spec => spec.Volumes.Add((name ?? builder.Resource.Name, target)));

    /// <summary>Nothing to do locally: processes inherit the exporter's settings from the app host.</summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEnvironment => builder;

    internal static Spec SpecOf(IResource resource) => ((Resource)resource).Spec;

    internal static IResourceBuilder<T> Mutate<T>(this IResourceBuilder<T> builder, Action<Spec> change)
        where T : IResource
    {
        change(SpecOf(builder.Resource));
        return builder;
    }

    /// <summary>Dashes cannot be part of a variable's name everywhere.</summary>
    internal static string VariableName(string name) => name.Replace('-', '_').ToUpperInvariant();

    private static IResourceBuilder<T> Set<T>(this IResourceBuilder<T> builder, string name, Func<CancellationToken, ValueTask<string?>> value)
        where T : IResource => builder.Mutate(spec => spec.Environment.Add(async context =>
        {
            if (await value(context.CancellationToken) is { } text)
            {
                context.Variables[name] = text;
            }
        }));

    private static ValueTask AddEndpointAsync(EnvironmentContext context, EndpointReference endpoint)
    {
        context.Variables[$"services__{endpoint.Resource.Name}__{endpoint.EndpointName}__0"] = endpoint.Url;
        context.Variables[$"{VariableName(endpoint.Resource.Name)}_{VariableName(endpoint.EndpointName)}"] = endpoint.Url;
        return ValueTask.CompletedTask;
    }
}
