using CalendarSync.Core.Coordination;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NodaTime.Extensions;

namespace CalendarSync.IntegrationTests.Coordination;

/// <summary>60: what an account may ask of its provider is counted by request, for all workers together.</summary>
public sealed class SharedRequestBudgetTests(RedisServer redis) : CoordinationTest(redis)
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly RequestPayer _payer = Payer();

    [Fact]
    public async Task A_burst_is_let_through_and_what_has_to_wait_long_is_told_when_to_come_back()
    {
        var budget = Budget(perMinute: 1, burst: 3);
        for (var i = 0; i < 3; i++)
        {
            await TakeAsync(budget, _payer);
        }

        var refused = await Assert.ThrowsAsync<ProviderException>(() => TakeAsync(budget, _payer));

        Assert.Equal((ProviderFault.RateLimited, "rate_limited"), (refused.Fault, refused.Code));
        Assert.InRange((refused.RetryAt!.Value - _time.GetCurrentInstant()).TotalSeconds, 1, 61);
    }

    [Fact]
    public async Task Replicas_share_the_budget_of_an_account_and_accounts_do_not()
    {
        await TakeAsync(Budget(perMinute: 1, burst: 2), _payer);
        await TakeAsync(Budget(perMinute: 1, burst: 2), _payer);

        await Assert.ThrowsAsync<ProviderException>(() => TakeAsync(Budget(perMinute: 1, burst: 2), _payer));
        await TakeAsync(Budget(perMinute: 1, burst: 2), Payer());
    }

    [Fact]
    public async Task A_turn_that_comes_soon_is_waited_for()
    {
        var budget = Budget(perMinute: 600, burst: 1, TimeProvider.System);

        for (var i = 0; i < 5; i++)
        {
            await TakeAsync(budget, _payer);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public async Task A_provider_that_asks_to_wait_stops_the_account_on_every_replica_even_without_a_limit(int perMinute)
    {
        await Budget(perMinute).BlockAsync(_payer, TimeSpan.FromMinutes(5), Cancellation);

        var refused = await Assert.ThrowsAsync<ProviderException>(() => TakeAsync(Budget(perMinute), _payer));

        Assert.InRange((refused.RetryAt!.Value - _time.GetCurrentInstant()).TotalMinutes, 1, 5);
        await TakeAsync(Budget(perMinute), Payer());
    }

    [Fact]
    public async Task A_block_that_would_never_end_ends_after_an_hour()
    {
        await Budget(0).BlockAsync(_payer, TimeSpan.FromDays(3650), Cancellation);

        var refused = await Assert.ThrowsAsync<ProviderException>(() => TakeAsync(Budget(0), _payer));

        Assert.InRange((refused.RetryAt!.Value - _time.GetCurrentInstant()).TotalMinutes, 1, 60);
    }

    [Fact]
    public async Task A_limit_of_zero_is_none()
    {
        for (var i = 0; i < 100; i++)
        {
            await TakeAsync(Budget(0), _payer);
        }
    }

    [Fact]
    public async Task While_Redis_is_away_a_process_keeps_count_by_itself()
    {
        await using var own = new RedisServer();
        await using var client = await own.ConnectAsync();
        var store = new RedisStore(client, TimeProvider.System, new FakeLogger<RedisStore>());
        var budget = new SharedRequestBudget(new RateLimiter(store), store, Limits(1, 2), _time);
        await own.StopAsync();

        await TakeAsync(budget, _payer);
        await TakeAsync(budget, _payer);

        await Assert.ThrowsAsync<ProviderException>(() => TakeAsync(budget, _payer));
        _time.Advance(TimeSpan.FromMinutes(1));
        await TakeAsync(budget, _payer);
        var blocked = Payer();
        await budget.BlockAsync(blocked, TimeSpan.FromMinutes(5), Cancellation);
        await Assert.ThrowsAsync<ProviderException>(() => TakeAsync(budget, blocked));
    }

    [Fact]
    public void The_payer_is_the_account_whatever_the_spelling_and_names_nobody()
    {
        var server = new Uri("https://caldav.icloud.com/");
        var payer = RequestPayer.Of(CalendarProvider.Apple, server, "ann@example.com");

        Assert.Equal(payer, RequestPayer.Of(CalendarProvider.Apple, new Uri("https://CALDAV.icloud.com/principal/"), " Ann@Example.com"));
        Assert.NotEqual(payer, RequestPayer.Of(CalendarProvider.Apple, server, "ben@example.com"));
        Assert.NotEqual(payer, RequestPayer.Of(CalendarProvider.Apple, new Uri("https://other.example/"), "ann@example.com"));
        Assert.DoesNotContain("ann", payer.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    // On a clock that stands still, a wait that nobody expects would last for ever.
    private static Task TakeAsync(SharedRequestBudget budget, RequestPayer payer) => budget.TakeAsync(payer, Cancellation).WaitAsync(Deadline, TimeProvider.System, Cancellation);

    private static RequestPayer Payer() => RequestPayer.Of(CalendarProvider.Apple, new Uri("https://caldav.example/"), Guid.NewGuid().ToString());

    private static IOptions<ProviderLimitOptions> Limits(int perMinute, int? burst) => Options.Create(new ProviderLimitOptions { ApplePerMinute = perMinute, AppleBurst = burst });

    private SharedRequestBudget Budget(int perMinute, int? burst = null, TimeProvider? time = null) => new(new RateLimiter(Store), Store, Limits(perMinute, burst), time ?? _time);
}
