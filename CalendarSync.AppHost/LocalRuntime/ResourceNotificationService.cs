namespace Aspire.Hosting;

/// <summary>What every resource is doing, for those who wait for it: other resources, the ready line, tests.</summary>
public sealed class ResourceNotificationService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ResourceSnapshot> _snapshots;
    private TaskCompletionSource _changed = NewSignal();

    internal ResourceNotificationService(IEnumerable<string> names) =>
        _snapshots = names.ToDictionary(name => name, _ => new ResourceSnapshot(KnownResourceStates.Waiting, IsHealthy: false));

    /// <exception cref="DistributedApplicationException">It cannot become healthy any more.</exception>
    public async Task<ResourceSnapshot> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
    {
        var snapshot = await WaitAsync(resourceName, snapshot => snapshot.IsHealthy || snapshot.IsOver, cancellationToken);
        return snapshot.IsHealthy
            ? snapshot
            : throw new DistributedApplicationException($"'{resourceName}' will not become healthy: {snapshot.Problem ?? snapshot.State}.");
    }

    public Task WaitForResourceAsync(string resourceName, string targetState, CancellationToken cancellationToken = default) =>
        WaitAsync(resourceName, snapshot => snapshot.State == targetState, cancellationToken);

    internal void Publish(string name, ResourceSnapshot snapshot)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _snapshots[name] = snapshot;
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    internal async Task<ResourceSnapshot> WaitAsync(string name, Func<ResourceSnapshot, bool> isMet, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (isMet(_snapshots[name]))
                {
                    return _snapshots[name];
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    // Waiters go on elsewhere, never inside the publisher.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <param name="Problem">Why it cannot start, or how it ended.</param>
public sealed record ResourceSnapshot(string State, bool IsHealthy, string? Problem = null)
{
    internal bool IsOver => State == KnownResourceStates.Finished || State == KnownResourceStates.FailedToStart;
}

public sealed class DistributedApplicationException : Exception
{
    public DistributedApplicationException()
    {
    }

    public DistributedApplicationException(string message)
        : base(message)
    {
    }

    public DistributedApplicationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
