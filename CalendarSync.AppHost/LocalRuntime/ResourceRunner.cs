using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Local;

/// <summary>Brings one resource up after what it waits for, keeps it up, and takes it down.</summary>
internal sealed class ResourceRunner(
    Resource resource,
    IReadOnlyDictionary<string, string> commonEnvironment,
    string dataDirectory,
    ResourceNotificationService notifications,
    ConsoleLog log,
    HttpClient http)
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FirstRestart = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LastRestart = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StableAfter = TimeSpan.FromMinutes(1);

    // Longer than the worker's own grace for the pass that it is in.
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, LeashedProcess> _running = [];
    private readonly HashSet<int> _healthy = [];
    private bool _stopped;

    public Resource Resource { get; } = resource;

    private string Name => Resource.Name;

    private Spec Spec => Resource.Spec;

    /// <summary>Ends when the resource has ended for good.</summary>
    /// <exception cref="LocalRuntimeException">It cannot start; the message says why.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await WaitForDependenciesAsync(stopping);
            notifications.Publish(Name, new(KnownResourceStates.Starting, IsHealthy: false));
            if (Spec.Start is null)
            {
                await BecomeReadyAsync(replica: 0, process: null, stopping);
                notifications.Publish(Name, new(KnownResourceStates.Running, IsHealthy: true));
            }
            else if (Spec.RunsToCompletion)
            {
                await RunOnceAsync(stopping);
            }
            else
            {
                await Task.WhenAll(Enumerable.Range(0, Spec.Replicas).Select(replica => KeepRunningAsync(replica, stopping)));
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The application is ending: nothing more to start.
        }
        catch (DependencyFailedException exception)
        {
            // The one that failed speaks for itself; this one only says why it is not there.
            notifications.Publish(Name, new(KnownResourceStates.FailedToStart, IsHealthy: false, exception.Message));
        }
        catch (Exception exception)
        {
            notifications.Publish(Name, new(KnownResourceStates.FailedToStart, IsHealthy: false, exception.Message));
            throw exception as LocalRuntimeException ?? new LocalRuntimeException($"{Name} cannot start: {exception.Message}", exception);
        }
    }

    /// <summary>Stops the processes of this resource and lets it start no other.</summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        LeashedProcess[] processes;
        lock (_gate)
        {
            _stopped = true;
            processes = [.. _running.Values];
        }

        await Task.WhenAll(processes.Select(process => process.StopAsync(StopGrace, hurry)));
    }

    private async Task WaitForDependenciesAsync(CancellationToken stopping)
    {
        foreach (var dependency in Spec.Dependencies)
        {
            var name = dependency.Resource.Name;
            var snapshot = await notifications.WaitAsync(
                name, snapshot => snapshot.IsOver || (snapshot.IsHealthy && !dependency.ForCompletion), stopping);
            if (snapshot.State == KnownResourceStates.FailedToStart)
            {
                throw new DependencyFailedException($"{Name} was not started, because {name} failed");
            }
        }
    }

    private async Task RunOnceAsync(CancellationToken stopping)
    {
        await using var process = await StartAsync(replica: 0, stopping);
        notifications.Publish(Name, new(KnownResourceStates.Running, IsHealthy: false));
        var code = await process.Exit;
        Forget(replica: 0);
        stopping.ThrowIfCancellationRequested();
        if (code != 0)
        {
            throw new LocalRuntimeException(string.Create(CultureInfo.InvariantCulture, $"{Name} failed with exit code {code}{log.TailOf(Name)}"));
        }

        notifications.Publish(Name, new(KnownResourceStates.Finished, IsHealthy: false));
    }

    private async Task KeepRunningAsync(int replica, CancellationToken stopping)
    {
        var wasReady = false;
        var pause = FirstRestart;
        while (true)
        {
            var process = await StartAsync(replica, stopping);
            var up = Stopwatch.StartNew();
            await using (process)
            {
                bool isReady;
                try
                {
                    isReady = await BecomeReadyAsync(replica, process, stopping);
                }
                catch (OperationCanceledException)
                {
                    await process.Exit; // its orderly end is StopAsync's business; disposing would kill it
                    throw;
                }

                if (isReady)
                {
                    wasReady = true;
                    up.Restart();
                    SetHealthy(replica, isHealthy: true);
                }
                else if (!wasReady)
                {
                    var early = await process.Exit;
                    throw new LocalRuntimeException(string.Create(
                        CultureInfo.InvariantCulture, $"{Name} ended with exit code {early} before it was ready{log.TailOf(Name)}"));
                }

                var code = await process.Exit;
                Forget(replica);
                SetHealthy(replica, isHealthy: false);
                stopping.ThrowIfCancellationRequested();
                pause = up.Elapsed > StableAfter ? FirstRestart : pause;
                log.Say(Name, string.Create(
                    CultureInfo.InvariantCulture, $"ended with exit code {code}; starting it again in {pause.TotalSeconds:0.#} s"));
            }

            await Task.Delay(pause, TimeProvider.System, stopping);
            pause = pause * 2 < LastRestart ? pause * 2 : LastRestart;
        }
    }

    private async Task<LeashedProcess> StartAsync(int replica, CancellationToken stopping)
    {
        var instance = Spec.Replicas == 1 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name}-{replica}");
        var command = await Spec.Start!(new StartContext(dataDirectory, line => log.Say(Name, line)), stopping);
        List<string> arguments = [.. command.Arguments];
        foreach (var argument in Spec.Arguments)
        {
            arguments.Add((argument is IValueProvider value ? await value.GetValueAsync(stopping) : argument.ToString()) ?? "");
        }

        var environment = await EnvironmentAsync(replica, stopping);
        lock (_gate)
        {
            stopping.ThrowIfCancellationRequested();
            if (_stopped)
            {
                throw new OperationCanceledException(stopping);
            }

            return _running[replica] = LeashedProcess.Start(
                command with { Arguments = arguments }, environment, line => log.Write(Name, instance, line));
        }
    }

    private async Task<Dictionary<string, string>> EnvironmentAsync(int replica, CancellationToken cancellationToken)
    {
        var context = new EnvironmentContext(new(commonEnvironment), replica, cancellationToken);
        foreach (var endpoint in Spec.Endpoints.Where(endpoint => endpoint.Variable is not null))
        {
            context.Variables[endpoint.Variable!] = endpoint.Ports[replica].ToString(CultureInfo.InvariantCulture);
        }

        foreach (var (name, target) in Spec.Volumes)
        {
            context.Variables[$"VOLUME_{ResourceBuilderExtensions.VariableName(target.Trim('/').Replace('/', '_'))}"] =
                Path.Combine(dataDirectory, name);
        }

        foreach (var set in Spec.Environment)
        {
            await set(context);
        }

        return context.Variables;
    }

    /// <summary>Asks until the resource is ready. False: its process ended first.</summary>
    private async Task<bool> BecomeReadyAsync(int replica, LeashedProcess? process, CancellationToken stopping)
    {
        var waited = Stopwatch.StartNew();
        string? missing = null;
        while (waited.Elapsed < ReadyTimeout)
        {
            stopping.ThrowIfCancellationRequested();
            if (process?.Exit.IsCompleted == true)
            {
                return false;
            }

            missing = await ProbeAsync(replica, waited, stopping);
            if (missing is null)
            {
                return true;
            }

            // Often at first, because most things start in a second or two.
            var pause = Task.Delay(TimeSpan.FromMilliseconds(waited.Elapsed < TimeSpan.FromSeconds(5) ? 50 : 200), TimeProvider.System, stopping);
            await (process is null ? pause : Task.WhenAny(pause, process.Exit));
        }

        throw new LocalRuntimeException(string.Create(
            CultureInfo.InvariantCulture, $"{Name} was not ready after {ReadyTimeout.TotalSeconds} s: {missing}{log.TailOf(Name)}"));
    }

    private async Task<string?> ProbeAsync(int replica, Stopwatch waited, CancellationToken stopping)
    {
        try
        {
            if (Spec.Probe is not null)
            {
                return await Spec.Probe(stopping);
            }

            if (Spec.HealthPath is not null)
            {
                var endpoint = Spec.Endpoints.First(endpoint => endpoint.Scheme == "http");
                var address = new UriBuilder(endpoint.Scheme, endpoint.Host, endpoint.Ports[replica], Spec.HealthPath).Uri;
                using var answer = await http.GetAsync(address, stopping);
                return answer.IsSuccessStatusCode ? null : $"{Spec.HealthPath} answers {(int)answer.StatusCode}";
            }

            // Nothing to ask: alive for a moment is as much as can be said.
            return waited.Elapsed > TimeSpan.FromMilliseconds(250) ? null : "it has only just started";
        }
        catch (Exception exception) when (exception is not LocalRuntimeException && !stopping.IsCancellationRequested)
        {
            return exception.Message;
        }
    }

    private void SetHealthy(int replica, bool isHealthy)
    {
        lock (_gate)
        {
            _ = isHealthy ? _healthy.Add(replica) : _healthy.Remove(replica);
            var allHealthy = _healthy.Count == Spec.Replicas;
            notifications.Publish(Name, new(isHealthy ? KnownResourceStates.Running : KnownResourceStates.Exited, allHealthy));
        }
    }

    private void Forget(int replica)
    {
        lock (_gate)
        {
            _running.Remove(replica);
        }
    }

    private sealed class DependencyFailedException(string message) : Exception(message);
}
