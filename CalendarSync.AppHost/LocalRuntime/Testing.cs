using Aspire.Hosting.Local;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable
{
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

/// <summary>The application inside a test: random ports, a data folder of its own, in Development.</summary>
public static class DistributedApplicationTestingBuilder
{
    /// <summary>An empty application, to which the test adds what it needs.</summary>
    public static IDistributedApplicationTestingBuilder Create(params string[] args)
    {
        var options = Options();
        return new TestingBuilder(new DistributedApplicationBuilder(args, Projects.CalendarSync_AppHost.ProjectPath, options), options);
    }

    /// <summary>The application of an app host: runs its entry point as far as <c>Build</c>.</summary>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[]? args = null, CancellationToken cancellationToken = default)
        where TEntryPoint : class
    {
        var options = Options();
        var builder = await EntryPointHook.RunAsync(typeof(TEntryPoint).Assembly, args ?? [], options).WaitAsync(cancellationToken);
        return new TestingBuilder(builder, options);
    }

    private static RuntimeOptions Options()
    {
        var folder = Directory.CreateTempSubdirectory("calendarsync-").FullName;
        return new RuntimeOptions
        {
            IsTest = true,
            Output = TextWriter.Synchronized(new StreamWriter(Path.Combine(folder, "output.log")) { AutoFlush = true }),
            Settings = new Dictionary<string, string?> { ["CALENDARSYNC_DATA"] = folder, ["environment"] = Environments.Development },
        };
    }

    private sealed class TestingBuilder(IDistributedApplicationBuilder inner, RuntimeOptions options) : IDistributedApplicationTestingBuilder
    {
        public ConfigurationManager Configuration => inner.Configuration;

        public string AppHostDirectory => inner.AppHostDirectory;

        public IHostEnvironment Environment => inner.Environment;

        public DistributedApplicationExecutionContext ExecutionContext => inner.ExecutionContext;

        public IReadOnlyList<IResource> Resources => inner.Resources;

        public IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource => inner.AddResource(resource);

        public DistributedApplication Build() => inner.Build();

        public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) => Task.FromResult(Build());

        public async ValueTask DisposeAsync() => await options.Output!.DisposeAsync();
    }
}

public static class DistributedApplicationHostingTestingExtensions
{
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = null) =>
        new() { BaseAddress = app.GetEndpoint(resourceName, endpointName) };

    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string? endpointName = null) =>
        new(new EndpointReference(Find(app, resourceName), endpointName ?? "http").Url);

    public static ValueTask<string?> GetConnectionStringAsync(
        this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        ((IResourceWithConnectionString)Find(app, resourceName)).GetConnectionStringAsync(cancellationToken);

    private static IResource Find(DistributedApplication app, string name) =>
        app.Resources.FirstOrDefault(resource => resource.Name == name) ?? throw new ArgumentException($"There is no resource '{name}'.", nameof(name));
}
