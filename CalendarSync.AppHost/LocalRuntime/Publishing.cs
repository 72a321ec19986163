namespace Aspire.Hosting;

/// <summary>Publishing is Aspire's own business; locally its targets are names without effect.</summary>
public static class Publishing
{
    public static IResourceBuilder<DockerComposeEnvironmentResource> AddDockerComposeEnvironment(
        this IDistributedApplicationBuilder builder, string name) => builder.AddResource(new DockerComposeEnvironmentResource(name));

    public static IResourceBuilder<KubernetesEnvironmentResource> AddKubernetesEnvironment(
        this IDistributedApplicationBuilder builder, string name) => builder.AddResource(new KubernetesEnvironmentResource(name));

    public static IResourceBuilder<KubernetesEnvironmentResource> WithProperties(
        this IResourceBuilder<KubernetesEnvironmentResource> builder, Action<KubernetesEnvironmentResource> configure)
    {
        configure(builder.Resource);
        return builder;
    }
}

public sealed class DockerComposeEnvironmentResource(string name) : Resource(name);

public sealed class KubernetesEnvironmentResource(string name) : Resource(name)
{
    public string DefaultStorageType { get; set; } = "emptyDir";
}
