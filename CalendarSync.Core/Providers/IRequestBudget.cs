namespace CalendarSync.Core.Providers;

/// <summary>
/// What one account may still ask of its provider. Every request that goes out is charged before it does, the repeats of a lost one too
/// (scenario 60): a provider counts requests, not passes.
/// </summary>
public interface IRequestBudget
{
    /// <summary>Takes one request, waiting a short time for its turn.</summary>
    /// <exception cref="ProviderException"><see cref="ProviderFault.RateLimited"/>: the turn comes later, at <see cref="ProviderException.RetryAt"/>.</exception>
    Task TakeAsync(RequestPayer payer, CancellationToken cancellationToken);

    /// <summary>Stops the account for every worker, because its provider asked to wait.</summary>
    /// <param name="payer">The account.</param>
    /// <param name="wait">As long as the provider said.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task BlockAsync(RequestPayer payer, TimeSpan wait, CancellationToken cancellationToken);
}

/// <summary>A budget without an end, for a host that shares none.</summary>
public sealed class UnlimitedRequestBudget : IRequestBudget
{
    /// <inheritdoc/>
    public Task TakeAsync(RequestPayer payer, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task BlockAsync(RequestPayer payer, TimeSpan wait, CancellationToken cancellationToken) => Task.CompletedTask;
}
