using CalendarSync.Core.Notifications;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CalendarSync.Core.Sync;

/// <summary>Keeps a space that was emptied by accident from emptying the calendars of its family.</summary>
internal sealed partial class OutboundGuard(NotificationStore notifications, IOptions<DeletionOptions> options, ILogger<OutboundGuard> logger)
{
    /// <summary>Withholds deletions of a plan where there are too many, of those waiting in the queue too, not only of this round.</summary>
    public async Task HoldAsync(RowanTransaction transaction, SyncPass pass, OutboundPlan plan, CancellationToken cancellationToken)
    {
        var deletes = plan.Writes.Where(w => w.Operation is WriteOperation.Delete).ToList();
        foreach (var calendar in deletes.GroupBy(w => w.Mapping.ExternalCalendarId, StringComparer.Ordinal))
        {
            var load = await HeldDeletionStore.WeighOutboundAsync(transaction, pass.Lease, calendar.Key, cancellationToken);
            var holds = options.Value.Hold(load);
            if (holds)
            {
                Log.Held(logger, pass.Lease.ConnectionId.Value, load.Doomed.Count, load.Context.Mapped);
                await HeldDeletionStore.HoldAsync(transaction, pass.Lease, "outbound", [.. load.Doomed], cancellationToken);
                plan.Withhold(load.Doomed.ToHashSet());
            }
            else
            {
                var counted = calendar.Count(w => load.Doomed.Contains(w.Mapping.Id));
                await HeldDeletionStore.CountAsync(transaction, pass.Lease, calendar.Key, "outbound", counted, cancellationToken);
            }
        }
    }

    /// <summary>Tells about what was withheld, once it is so.</summary>
    public Task TellAsync(SyncPass pass, OutboundPlan plan, CancellationToken cancellationToken) =>
        plan.HasWithheld ? notifications.TellHeldDeletionsAsync(pass.Lease, cancellationToken) : Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Count} of {Mapped} events of a calendar of connection {ConnectionId} were deleted in Rowan; their deletion is held back")]
        public static partial void Held(ILogger logger, Guid connectionId, int count, int mapped);
    }
}
