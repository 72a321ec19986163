namespace CalendarSync.AppHost;

/// <summary>Stands in for the file of this name beside AppHost.cs, which needs Aspire's publishers.</summary>
internal static class PublishExtensions
{
    public static IResourceBuilder<ProjectResource> PublishAsHost(this IResourceBuilder<ProjectResource> host, int replicas) => host;

    public static void PublishWithUsers(this IResourceBuilder<ProjectResource> api) => _ = api;
}
