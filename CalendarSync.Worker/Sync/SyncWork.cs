using CalendarSync.Core.Persistence;
using CalendarSync.Core.Sync;

namespace CalendarSync.Worker.Sync;

/// <summary>All that the loop knows of the engine.</summary>
/// <param name="ClaimAsync">Claims up to so many due connections.</param>
/// <param name="RunAsync">Runs one pass; it records its own outcome.</param>
/// <param name="RenewAsync">Keeps a lease; <c>false</c> when it is lost.</param>
/// <param name="ReleaseAsync">Gives a lease back unfinished.</param>
internal sealed record SyncWork(
    Func<int, CancellationToken, Task<IReadOnlyList<SyncLease>>> ClaimAsync,
    Func<SyncLease, CancellationToken, Task> RunAsync,
    Func<SyncLease, CancellationToken, Task<bool>> RenewAsync,
    Func<SyncLease, CancellationToken, Task> ReleaseAsync)
{
    public static SyncWork Of(LeaseStore leases, SyncSession session, WorkerOptions options)
    {
        // Names this process in the connection's row, so that an operator can tell who has it.
        var owner = $"{Environment.MachineName}/{Environment.ProcessId}";
        return new(
            (max, cancellationToken) => leases.ClaimDueAsync(owner, max, options.LeaseDuration, cancellationToken),
            session.RunAsync,
            (lease, cancellationToken) => leases.RenewAsync(lease, options.LeaseDuration, cancellationToken),
            leases.ReleaseAsync);
    }
}
