namespace Aspire.Hosting.Local;

/// <summary>What the local runtime knows about a resource. The builder fills it, the runner reads it.</summary>
internal sealed class Spec
{
    public List<Endpoint> Endpoints { get; } = [];

    /// <summary>Run in order before each start; later ones win.</summary>
    public List<Func<EnvironmentContext, ValueTask>> Environment { get; } = [];

    public List<object> Arguments { get; } = [];

    public List<Dependency> Dependencies { get; } = [];

    /// <summary>Named folders that outlive a run, by the path at which a container would see them.</summary>
    public List<(string Name, string Target)> Volumes { get; } = [];

    public int Replicas { get; set; } = 1;

    /// <summary>Somebody waits for its end: it is a task, not a service, and its exit is not a crash.</summary>
    public bool RunsToCompletion { get; set; }

    public string? HealthPath { get; set; }

    /// <summary>Prepares a start and says what to run. Null: the resource is not a process (a database of a server, a parameter).</summary>
    public Func<StartContext, CancellationToken, Task<Command>>? Start { get; set; }

    /// <summary>Answers null when the resource is ready, otherwise what is missing. Null: ready as soon as its endpoints answer.</summary>
    public Func<CancellationToken, Task<string?>>? Probe { get; set; }
}

internal sealed record Endpoint(string Name, string Scheme, string Host, int? FixedPort, string? Variable, bool IsExternal)
{
    /// <summary>One per replica, given out when the application starts.</summary>
    public IReadOnlyList<int> Ports { get; set; } = [];
}

internal sealed record Dependency(Resource Resource, bool ForCompletion);

internal sealed record EnvironmentContext(Dictionary<string, string> Variables, int Replica, CancellationToken CancellationToken);

/// <param name="DataDirectory">Where databases and volumes live.</param>
/// <param name="Say">Tells the developer something about this resource.</param>
internal sealed record StartContext(string DataDirectory, Action<string> Say);

/// <summary>A process to start.</summary>
/// <param name="StopSignal">The signal that asks for an orderly end.</param>
/// <param name="User">The account to run it as when we are root; null: ours.</param>
internal sealed record Command(
    string FileName,
    IReadOnlyList<string> Arguments,
    string WorkingDirectory,
    string StopSignal = "TERM",
    string? User = null)
{
    /// <summary>Variables of this kind of process, below those that the application sets.</summary>
    public IReadOnlyDictionary<string, string> Defaults { get; init; } = new Dictionary<string, string>();
}

/// <summary>Something only the developer can put right. Its message says what and how; no stack trace is needed.</summary>
public sealed class LocalRuntimeException : Exception
{
    public LocalRuntimeException()
    {
    }

    public LocalRuntimeException(string message)
        : base(message)
    {
    }

    public LocalRuntimeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
