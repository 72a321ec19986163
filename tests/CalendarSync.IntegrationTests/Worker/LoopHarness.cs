using System.Collections.Concurrent;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Worker.Sync;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using NodaTime;

namespace CalendarSync.IntegrationTests.Worker;

/// <summary>A loop over an engine whose every answer the test decides, on a clock that the test moves.</summary>
internal sealed class LoopHarness : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private readonly ConcurrentQueue<SyncLease> _due = new();
    private long _fence;

    /// <param name="pollInterval">
    /// By default so long that it never passes in a test, however far the clock runs ahead of a loop on a busy machine: what happens, happened
    /// for another reason.
    /// </param>
    public LoopHarness(TimeSpan? pollInterval = null)
    {
        Options = new WorkerOptions { MaxConcurrentSyncs = 2, PollInterval = pollInterval ?? TimeSpan.FromDays(1) };
        Time = new CountingTime();
        Wake = new WakeSignal(Time);
        State = new LoopState(Time);
        Listener = new LoopState(Time);
        Loop = new SyncLoop(
            new SyncWork(ClaimAsync, RunAsync, RenewAsync, ReleaseAsync), Wake, State, Microsoft.Extensions.Options.Options.Create(Options), Time, Logger);
    }

    public WorkerOptions Options { get; }

    public CountingTime Time { get; }

    public WakeSignal Wake { get; }

    public LoopState State { get; }

    public LoopState Listener { get; }

    public SyncLoop Loop { get; }

    public FakeLogger<SyncLoop> Logger { get; } = new();

    /// <summary>What the next claims throw.</summary>
    public Exception? ClaimFailure { get; set; }

    /// <summary>The answer to renewals; throws when <c>null</c>.</summary>
    public bool? Renewal { get; set; } = true;

    public ConcurrentBag<int> Asked { get; } = [];

    public ConcurrentDictionary<ConnectionId, FakePass> Passes { get; } = new();

    public ConcurrentBag<ConnectionId> Renewed { get; } = [];

    public ConcurrentBag<ConnectionId> Released { get; } = [];

    public int Claims => Asked.Count;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public HealthStatus Health => new SyncLoopHealth(State, Listener, Microsoft.Extensions.Options.Options.Create(Options))
        .CheckHealthAsync(new HealthCheckContext(), Cancellation).Result.Status;

    /// <summary>Makes a connection due, for the next claim that has a slot.</summary>
    public ConnectionId MakeDue()
    {
        var id = new ConnectionId(Guid.NewGuid());
        _due.Enqueue(new SyncLease
        {
            ConnectionId = id,
            Fence = Interlocked.Increment(ref _fence),
            SpaceId = new SpaceId(Guid.NewGuid()),
            UserId = new UserId(Guid.NewGuid()),
            Provider = CalendarProvider.Apple,
            AccountId = "canary-account@example.com",
            Direction = SyncDirection.Bidirectional,
            Pull = true,
            Full = false,
            Initial = false,
            Requested = false,
            Queued = false,
            Zone = DateTimeZone.Utc,
        });
        return id;
    }

    public async Task<FakePass> StartedAsync(ConnectionId connection)
    {
        await EventuallyAsync(() => Passes.ContainsKey(connection), "The pass does not start.");
        return Passes[connection];
    }

    /// <summary>Moves the clock in small steps until it is so: timers of the loop are made while it runs.</summary>
    public async Task EventuallyAsync(Func<bool> condition, string otherwise, TimeSpan? step = null)
    {
        var patience = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(patience.Elapsed < Deadline, otherwise);
            Time.Advance(step ?? WakeSignal.Debounce);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>Waits without moving the clock.</summary>
    public Task SettlesAsync(Func<bool> condition, string otherwise) => EventuallyAsync(condition, otherwise, TimeSpan.Zero);

    /// <summary>Lets the only running pass's heartbeat beat once: the clock moves when its timer is set, and not before.</summary>
    /// <param name="beat">1 for the first one. Each sets two timers of this length, for the pause before it and for the patience with it.</param>
    public async Task BeatAsync(int beat)
    {
        var interval = Options.LeaseDuration / 3;
        await SettlesAsync(() => Time.TimersOf(interval) == (2 * beat) - 1, "The heartbeat does not wait for its time.");
        Time.Advance(interval);
        await SettlesAsync(() => Time.TimersOf(interval) >= 2 * beat, "The heart does not beat.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pass in Passes.Values)
        {
            pass.Finish();
        }

        await Loop.StopAsync(CancellationToken.None);
        Loop.Dispose();
    }

    private Task<IReadOnlyList<SyncLease>> ClaimAsync(int max, CancellationToken cancellationToken)
    {
        Asked.Add(max);
        if (ClaimFailure is { } failure)
        {
            throw failure;
        }

        var claimed = new List<SyncLease>();
        while (claimed.Count < max && _due.TryDequeue(out var lease))
        {
            claimed.Add(lease);
        }

        return Task.FromResult<IReadOnlyList<SyncLease>>(claimed);
    }

    private Task RunAsync(SyncLease lease, CancellationToken cancellationToken)
    {
        var pass = new FakePass(cancellationToken);
        Passes[lease.ConnectionId] = pass;
        return pass.Task;
    }

    private Task<bool> RenewAsync(SyncLease lease, CancellationToken cancellationToken)
    {
        Renewed.Add(lease.ConnectionId);
        return Renewal is { } answer ? Task.FromResult(answer) : throw new TimeoutException("The database is away.");
    }

    private Task ReleaseAsync(SyncLease lease, CancellationToken cancellationToken)
    {
        Released.Add(lease.ConnectionId);
        return Task.CompletedTask;
    }
}

/// <summary>A clock that the test moves, and that knows how many timers of a length were made: who waits for what.</summary>
internal sealed class CountingTime() : FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero))
{
    private readonly ConcurrentDictionary<TimeSpan, int> _timers = new();

    public int TimersOf(TimeSpan length) => _timers.GetValueOrDefault(length);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.AddOrUpdate(dueTime, 1, (_, made) => made + 1);
        return timer;
    }
}

/// <summary>A pass that ends when the test says so, or when it is cancelled.</summary>
internal sealed class FakePass
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakePass(CancellationToken cancellationToken) => cancellationToken.Register(() => _end.TrySetCanceled(cancellationToken));

    public Task Task => _end.Task;

    public void Finish() => _end.TrySetResult();

    public void Crash(Exception exception) => _end.TrySetException(exception);
}
