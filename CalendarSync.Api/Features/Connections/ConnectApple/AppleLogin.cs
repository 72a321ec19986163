using System.Collections.Immutable;
using CalendarSync.Api.Errors;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;

namespace CalendarSync.Api.Features.Connections.ConnectApple;

/// <summary>Tries credentials at their server. A person waits for the answer, so it has to come sooner than a sync would need it.</summary>
internal sealed class AppleLogin(IEnumerable<ICalendarProvider> providers, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <returns>The calendars of the account.</returns>
    public async Task<ImmutableArray<RemoteCalendar>> TryAsync(ProviderAccount account, CancellationToken ct)
    {
        var provider = providers.Single(candidate => candidate.Provider == CalendarProvider.Apple);
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            return await provider.ListCalendarsAsync(account, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new ProblemException(new Problem(400, "server_unreachable", "The calendar server took too long to answer."));
        }
    }
}
