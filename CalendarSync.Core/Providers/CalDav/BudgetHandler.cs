namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Charges each request to its account, redirects and repeats too, just before it goes out.</summary>
internal sealed class BudgetHandler(IRequestBudget budget) : DelegatingHandler
{
    /// <summary>Who pays.</summary>
    public static readonly HttpRequestOptionsKey<RequestPayer> Payer = new("CalendarSync.Payer");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Options.TryGetValue(Payer, out var payer))
        {
            await budget.TakeAsync(payer, cancellationToken).ConfigureAwait(false);
        }

        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }
}
