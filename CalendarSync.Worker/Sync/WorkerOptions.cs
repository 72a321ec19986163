using System.ComponentModel.DataAnnotations;

namespace CalendarSync.Worker.Sync;

/// <summary>How one replica works ("Worker").</summary>
internal sealed class WorkerOptions
{
    /// <summary>How many connections are synced at the same time. Default 8.</summary>
    [Range(1, 256)]
    public int MaxConcurrentSyncs { get; init; } = 8;

    /// <summary>How often due connections are looked for when no notification arrives. Default 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:15:00")]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a connection stays with a worker that gives no sign of life. It is renewed at a third of that, so two renewals may fail.
    /// Default 60 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:03", "00:15:00")]
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long running syncs may go on after the worker was asked to stop. Default 25 seconds; orchestrators kill after 30.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(25);
}
