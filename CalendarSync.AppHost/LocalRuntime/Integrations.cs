using System.Globalization;
using Aspire.Hosting.Local;

namespace Aspire.Hosting;

/// <summary>The kinds of resources that the app host uses, each as a local process.</summary>
public static class Integrations
{
    /// <summary>A value from the configuration, <c>Parameters:name</c> (dashes may be underscores).</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddParameter(
            name,
            () => builder.Configuration[$"Parameters:{name}"] ?? builder.Configuration[$"Parameters:{name.Replace('-', '_')}"]
                ?? throw new LocalRuntimeException($"Set Parameters__{name.Replace('-', '_')}: it has no default."),
            secret: secret);

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, Func<string> valueGetter, bool publishValueAsDefault = false, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, valueGetter, secret));

    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource> password, int? port = null)
    {
        var server = new PostgresServerResource(name, password.Resource);
        return builder.AddResource(server).Mutate(spec =>
        {
            spec.Endpoints.Add(new("tcp", "tcp", "127.0.0.1", port, Variable: null, IsExternal: false));
            spec.Start = (context, cancellationToken) =>
                Postgres.PrepareAsync(server, spec.Volumes.Select(volume => volume.Name).FirstOrDefault(name), context, cancellationToken);
            spec.Probe = cancellationToken => Postgres.ProbeAsync(server, cancellationToken);
        });
    }

    public static IResourceBuilder<PostgresServerResource> WithDataVolume(this IResourceBuilder<PostgresServerResource> builder, string? name = null) =>
        builder.WithVolume(name, "/var/lib/postgresql/data");

    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
        this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        return builder.ApplicationBuilder.AddResource(database).Mutate(spec =>
        {
            spec.Dependencies.Add(new(builder.Resource, ForCompletion: false));
            spec.Probe = cancellationToken => Postgres.CreateDatabaseAsync(database, cancellationToken);
        });
    }

    public static IResourceBuilder<RedisResource> AddRedis(
        this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null)
    {
        ArgumentNullException.ThrowIfNull(password);
        var redis = new RedisResource(name, password.Resource);
        return builder.AddResource(redis).Mutate(spec =>
        {
            spec.Endpoints.Add(new("tcp", "tcp", "127.0.0.1", port, Variable: null, IsExternal: false));
            spec.Start = (context, cancellationToken) => Redis.PrepareAsync(redis, context, cancellationToken);
            spec.Probe = cancellationToken => Redis.ProbeAsync(redis, cancellationToken);
        });
    }

    /// <summary>Runs what the build made of the project; the app host refers to it, so it is up to date.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, string? launchProfileName = null)
        where TProject : IProjectMetadata, new()
    {
        var project = new TProject();
        var command = new Command(DotNetHost(), [project.AssemblyPath], Path.GetDirectoryName(project.ProjectPath)!);
        return builder.AddResource(new ProjectResource(name)).Mutate(spec =>
        {
            spec.Start = (_, _) => Task.FromResult(command);
            spec.Environment.Add(context =>
            {
                context.Variables["OTEL_SERVICE_NAME"] = name;
                context.Variables["OTEL_RESOURCE_ATTRIBUTES"] = string.Create(CultureInfo.InvariantCulture, $"service.instance.id={name}-{context.Replica}");
                if (spec.Endpoints.Count > 0)
                {
                    context.Variables["ASPNETCORE_URLS"] = string.Join(';', spec.Endpoints.Select(endpoint =>
                        string.Create(CultureInfo.InvariantCulture, $"{endpoint.Scheme}://{endpoint.Host}:{endpoint.Ports[context.Replica]}")));
                }

                return ValueTask.CompletedTask;
            });
        });
    }

    /// <summary>
    /// A container by its Dockerfile. Without a container engine the build context's executable <c>local-run</c> starts the same thing as a
    /// process, with the same variables; endpoints with an <c>env</c> name carry the port to listen on.
    /// </summary>
    public static IResourceBuilder<ContainerResource> AddDockerfile(this IDistributedApplicationBuilder builder, string name, string contextPath)
    {
        var context = Path.GetFullPath(contextPath, builder.AppHostDirectory);
        var script = Path.Combine(context, "local-run");
        return builder.AddResource(new ContainerResource(name)).Mutate(spec => spec.Start = (_, _) => File.Exists(script)
            ? Task.FromResult(new Command(script, [], context))
            : throw new LocalRuntimeException($"{context} has no 'local-run' beside its Dockerfile, so it needs a container engine."));
    }

    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params string[] args)
    {
        var resource = new ExecutableResource(name, command, Path.GetFullPath(workingDirectory, builder.AppHostDirectory));
        return builder.AddResource(resource).WithArgs(args).Mutate(spec =>
            spec.Start = (_, _) => Task.FromResult(new Command(command, [], resource.WorkingDirectory)));
    }

    private static string DotNetHost() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
}
