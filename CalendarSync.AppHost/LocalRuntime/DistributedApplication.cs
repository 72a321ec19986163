using System.Runtime.InteropServices;
using Aspire.Hosting.Local;
using CalendarSync.AppHost;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>The whole system as local processes. The same calls as Aspire's class of this name.</summary>
public sealed class DistributedApplication : IAsyncDisposable
{
    private readonly IReadOnlyList<Resource> _resources;
    private readonly IConfiguration _configuration;
    private readonly RuntimeOptions _options;
    private readonly ConsoleLog _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly List<ResourceRunner> _runners = [];
    private readonly List<Task> _runs = [];
    private DataFolder? _data;
    private Task? _stop;

    internal DistributedApplication(IReadOnlyList<IResource> resources, IConfiguration configuration, RuntimeOptions options)
    {
        _resources = [.. resources.Cast<Resource>().Where(resource => resource.Spec.Start is not null || resource.Spec.Probe is not null)];
        _configuration = configuration;
        _options = options;
        var colours = options.Output is null && !Console.IsOutputRedirected && configuration["NO_COLOR"] is null;
        _log = new ConsoleLog(options.Output ?? Console.Out, colours, _resources.Select(resource => resource.Name.Length).Append(12).Max());
        ResourceNotifications = new(_resources.Select(resource => resource.Name));
        Resources = resources;
    }

    public ResourceNotificationService ResourceNotifications { get; }

    internal IReadOnlyList<IResource> Resources { get; }

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) =>
        new DistributedApplicationBuilder(args, Projects.CalendarSync_AppHost.ProjectPath, EntryPointHook.Current?.Options ?? RuntimeOptions.Default);

    /// <summary>Starts everything and comes back at once; <see cref="ResourceNotifications"/> tells what is ready.</summary>
    /// <exception cref="LocalRuntimeException">It cannot start at all: a port or the data folder is taken.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        var path = DataDirectory.Of(_configuration);
        _data = DataFolder.Open(path, _options.IsTest);
        Ports.Assign(_resources, randomise: _options.IsTest);
        var environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = EnvironmentName,
            ["DOTNET_ENVIRONMENT"] = EnvironmentName,
            ["CALENDARSYNC_DATA"] = path,
        };
        foreach (var resource in _resources)
        {
            _runners.Add(new ResourceRunner(resource, environment, path, ResourceNotifications, _log, _http));
        }

        _runs.AddRange(_runners.Select(runner => Task.Run(() => runner.RunAsync(_stopping.Token), CancellationToken.None)));
        return Task.CompletedTask;
    }

    /// <summary>Takes everything down: first what depends on others, then the others.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => _stop ??= StopCoreAsync();

    /// <summary>Runs until a signal, or until a resource turns out to be unable to start.</summary>
    public void Run() => RunAsync().GetAwaiter().GetResult();

    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        string? failure = null;
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Ask);
        await using var registration = cancellationToken.Register(() => asked.TrySetResult());
        try
        {
            await StartAsync(cancellationToken);
            var announced = AnnounceReadyAsync();
            await await Task.WhenAny([asked.Task, FirstFailureAsync()]);
            _log.Say("Stopping everything.");
        }
        catch (LocalRuntimeException exception)
        {
            failure = exception.Message;
            _log.Say(failure);
            Environment.ExitCode = 1;
        }

        await StopAsync(CancellationToken.None);
        await DisposeAsync();
        if (failure is not null)
        {
            // Again, in short: what everybody said while they stopped has pushed it off the screen.
            _log.Announce($"Failed: {failure.Split('\n')[0].Replace(" It said last:", "", StringComparison.Ordinal).TrimEnd()}");
        }

        void Ask(PosixSignalContext context)
        {
            context.Cancel = true;
            if (!asked.TrySetResult())
            {
                _hurry.Cancel(); // asked twice: no more patience
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _data?.Dispose();
        _data = null;
        _http.Dispose();
    }

    private string EnvironmentName => _configuration["environment"] ?? "Production";

    private async Task AnnounceReadyAsync()
    {
        try
        {
            await Task.WhenAll(_resources.Select(resource => ResourceNotifications.WaitAsync(
                resource.Name, snapshot => snapshot.IsHealthy || snapshot.State == KnownResourceStates.Finished, _stopping.Token)));
        }
        catch (OperationCanceledException)
        {
            return;
        }

        // The front door first: what was declared last is what a person opens.
        var doors = _resources.Reverse().SelectMany(resource => resource.Spec.Endpoints
            .Where(endpoint => endpoint.IsExternal)
            .Select(endpoint => $"{resource.Name} {new EndpointReference(resource, endpoint.Name).Url}"));
        _log.Announce($"Ready: {string.Join("  ", doors)}");
    }

    private async Task FirstFailureAsync()
    {
        var runs = _runs.ToList();
        while (runs.Count > 0)
        {
            var ended = await Task.WhenAny(runs);
            runs.Remove(ended);
            await ended;
        }

        // Every resource was a task, and every task is done: stay until somebody says stop.
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stopping.Token);
    }

    private async Task StopCoreAsync()
    {
        await _stopping.CancelAsync();
        var stops = new Dictionary<ResourceRunner, Task>();
        await Task.WhenAll(_runners.Select(Stop));
        await Task.WhenAll(_runs).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        Task Stop(ResourceRunner runner)
        {
            if (!stops.TryGetValue(runner, out var stop))
            {
                var users = _runners.Where(user => user.Resource.Spec.Dependencies.Exists(dependency => dependency.Resource == runner.Resource));
                stops[runner] = stop = StopAfterAsync(runner, [.. users.Select(Stop)]);
            }

            return stop;
        }

        async Task StopAfterAsync(ResourceRunner runner, Task[] users)
        {
            await Task.WhenAll(users);
            await runner.StopAsync(_hurry.Token);
        }
    }
}
