using System.Collections.Concurrent;
using CalendarSync.Core.Providers;
using Microsoft.Extensions.Time.Testing;
using static CalendarSync.IntegrationTests.CalDav.FaultyServer;

namespace CalendarSync.IntegrationTests.CalDav;

public sealed class CalDavBudgetTests : CalDavFaults
{
    // 60: repeats that nobody counted were 3000 requests a minute where 500 were allowed.
    [Fact]
    public async Task Every_request_is_charged_to_the_account_its_redirects_and_repeats_too()
    {
        var budget = new CountingBudget();
        await using var host = new CalDavHost(budget: budget);
        var lost = 0;
        Server.Fault = (context, _) =>
        {
            if (context.Request.Path == "/principal/" && Interlocked.Increment(ref lost) == 1)
            {
                context.Abort();
                return Task.FromResult(true);
            }

            context.Response.Headers.Location = context.Request.Path == "/" ? "/principal/" : "";
            return context.Request.Path == "/" ? Answered(AnswerAsync(context, 307)) : Task.FromResult(false);
        };

        await host.Provider.ListCalendarsAsync(Account, Cancellation);

        Assert.Equal(["PROPFIND /", "PROPFIND /principal/", "PROPFIND /principal/", "PROPFIND /home/"], Server.Requests);
        Assert.Equal(4, budget.Taken.Count);
        Assert.Equal(RequestPayer.Of(Provider.Provider, Server.Url, Account.AccountId), Assert.Single(budget.Taken.Distinct()));
    }

    [Fact]
    public async Task An_account_whose_turn_comes_later_asks_nothing_and_says_when()
    {
        var later = NodaTime.Instant.FromUtc(2026, 1, 1, 0, 5);
        await using var host = new CalDavHost(budget: new CountingBudget
        {
            Refusal = new ProviderException(ProviderFault.RateLimited, "rate_limited", "Later.", later),
        });

        var fault = await Assert.ThrowsAsync<ProviderException>(() => host.Provider.ListCalendarsAsync(Account, Cancellation));

        Assert.Equal((ProviderFault.RateLimited, later), (fault.Fault, fault.RetryAt));
        Assert.Empty(Server.Requests);
    }

    [Theory]
    [InlineData(429, "90")]
    [InlineData(503, "Thu, 01 Jan 2026 00:01:30 GMT")]
    public async Task A_server_that_asks_to_wait_stops_the_whole_account(int status, string retryAfter)
    {
        var budget = new CountingBudget();
        await using var host = new CalDavHost(timeProvider: new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)), budget: budget);
        Server.Fault = (context, _) =>
        {
            context.Response.Headers.RetryAfter = retryAfter;
            return Answered(AnswerAsync(context, status));
        };

        await Assert.ThrowsAsync<ProviderException>(() => host.Provider.ListCalendarsAsync(Account, Cancellation));

        Assert.Equal((RequestPayer.Of(Provider.Provider, Server.Url, Account.AccountId), TimeSpan.FromSeconds(90)), Assert.Single(budget.Blocked));
    }

    private sealed class CountingBudget : IRequestBudget
    {
        public ConcurrentQueue<RequestPayer> Taken { get; } = new();

        public ConcurrentQueue<(RequestPayer Payer, TimeSpan Wait)> Blocked { get; } = new();

        public ProviderException? Refusal { get; init; }

        public Task TakeAsync(RequestPayer payer, CancellationToken cancellationToken)
        {
            Taken.Enqueue(payer);
            return Refusal is null ? Task.CompletedTask : Task.FromException(Refusal);
        }

        public Task BlockAsync(RequestPayer payer, TimeSpan wait, CancellationToken cancellationToken)
        {
            Blocked.Enqueue((payer, wait));
            return Task.CompletedTask;
        }
    }
}
