using Aspire.Hosting.Local;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }

    string AppHostDirectory { get; }

    IHostEnvironment Environment { get; }

    DistributedApplicationExecutionContext ExecutionContext { get; }

    IReadOnlyList<IResource> Resources { get; }

    IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource;

    DistributedApplication Build();
}

public interface IResourceBuilder<out T>
    where T : IResource
{
    IDistributedApplicationBuilder ApplicationBuilder { get; }

    T Resource { get; }
}

public sealed class DistributedApplicationExecutionContext(bool isRunMode)
{
    public bool IsRunMode { get; } = isRunMode;

    public bool IsPublishMode => !IsRunMode;
}

/// <summary>Tells the app host where a project is. The build writes one class of these per project reference.</summary>
public interface IProjectMetadata
{
    string ProjectPath { get; }

    /// <summary>What the build made of it. Only the local runtime asks for it.</summary>
    string AssemblyPath { get; }
}

internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly List<IResource> _resources = [];
    private readonly RuntimeOptions _options;

    public DistributedApplicationBuilder(string[] args, string appHostDirectory, RuntimeOptions options)
    {
        _options = options;
        AppHostDirectory = appHostDirectory;
        Configuration.AddEnvironmentVariables("DOTNET_").AddEnvironmentVariables().AddInMemoryCollection(options.Settings).AddCommandLine(args);
        Environment = new LocalEnvironment(Configuration["environment"] ?? Environments.Production, appHostDirectory);
        if (string.Equals(Configuration["operation"], "publish", StringComparison.OrdinalIgnoreCase))
        {
            throw new LocalRuntimeException(
                "Publishing needs Aspire itself: build where Aspire restores, without CALENDARSYNC_RUNTIME=local and without the file .runtime-local.");
        }
    }

    public ConfigurationManager Configuration { get; } = new();

    public string AppHostDirectory { get; }

    public IHostEnvironment Environment { get; }

    public DistributedApplicationExecutionContext ExecutionContext { get; } = new(isRunMode: true);

    public IReadOnlyList<IResource> Resources => _resources;

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        if (_resources.Exists(other => other.Name == resource.Name))
        {
            throw new InvalidOperationException($"There is already a resource '{resource.Name}'.");
        }

        _resources.Add(resource);
        return new ResourceBuilder<T>(this, resource);
    }

    public DistributedApplication Build()
    {
        EntryPointHook.Current?.Offer(this);
        return new DistributedApplication(_resources, Configuration, _options);
    }

    private sealed record ResourceBuilder<T>(IDistributedApplicationBuilder ApplicationBuilder, T Resource) : IResourceBuilder<T>
        where T : IResource;

    private sealed class LocalEnvironment(string name, string root) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "CalendarSync.AppHost";

        public string ContentRootPath { get; set; } = root;

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
