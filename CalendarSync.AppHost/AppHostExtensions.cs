namespace CalendarSync.AppHost;

internal static class AppHostExtensions
{
    /// <summary>The hosts run in the environment of their app host; a published one runs in Production.</summary>
    public static IResourceBuilder<ProjectResource> WithHostEnvironment(this IResourceBuilder<ProjectResource> project)
    {
        var builder = project.ApplicationBuilder;
        return builder.ExecutionContext.IsPublishMode
            ? project
            : project.WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
                .WithEnvironment("DOTNET_ENVIRONMENT", builder.Environment.EnvironmentName);
    }

    /// <summary>Each host signs in to the database as itself: what it may do is a matter of its role, not of its good manners.</summary>
    public static IResourceBuilder<ProjectResource> WithRowanLogin(
        this IResourceBuilder<ProjectResource> project,
        string user,
        IResourceBuilder<ParameterResource> password,
        IResourceBuilder<PostgresServerResource> postgres) =>
        project.WithEnvironment("ConnectionStrings__rowan", ReferenceExpression.Create(
            $"Host={postgres.Resource.Host};Port={postgres.Resource.Port};Username={user};Password={password};Database=rowan"));

    public static IResourceBuilder<ProjectResource> WithAppleCalendar(
        this IResourceBuilder<ProjectResource> project, IResourceBuilder<ContainerResource> calendar) =>
        project.WithEnvironment("Apple__ServerUrl", calendar.GetEndpoint("http"))
            .WithEnvironment("Apple__AllowPrivateAddresses", "true")
            .WaitFor(calendar);

    /// <summary>Who the demo family is at the calendar server that <c>tests/CalendarSync.Emulators/Radicale</c> plays: no secret.</summary>
    public static IResourceBuilder<ProjectResource> WithDemoAccount(this IResourceBuilder<ProjectResource> project) =>
        project.WithEnvironment("Demo__CalDavUser", "amara@example.com").WithEnvironment("Demo__CalDavPassword", "demo-pass-word-demo");
}
