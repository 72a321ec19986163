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
            await budget.TakeAsync(_payer, Cancellation);
        }

        var refused = await Assert.ThrowsAsync<ProviderException>(() => budget.TakeAsync(_payer, Cancellation));

        Assert.Equal((ProviderFault.RateLimited, "rate_limited"), (refused.Fault, refused.Code));
        Assert.InRange((refused.RetryAt!.Value - _time.GetCurrentInstant()).TotalSeconds, 1, 61);
    }

    [Fact]
    public async Task Replicas_share_the_budget_of_an_account_and_accounts_do_not()
    {
        await Budget(perMinute: 1, burst: 2).TakeAsync(_payer, Cancellation);
        await Budget(perMinute: 1, burst: 2).TakeAsync(_payer, Cancellation);

        await Assert.ThrowsAsync<ProviderException>(() => Budget(perMinute: 1, burst: 2).TakeAsync(_payer, Cancellation));
        await Budget(perMinute: 1, burst: 2).TakeAsync(Payer(), Cancellation);
    }

    [Fact]
    public async Task A_turn_that_comes_soon_is_waited_for()
    {
        var budget = Budget(perMinute: 600, burst: 1, TimeProvider.System);

        for (var i = 0; i < 5; i++)
        {
            await budget.TakeAsync(_payer, Cancellation);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public async Task A_provider_that_asks_to_wait_stops_the_account_on_every_replica_even_without_a_limit(int perMinute)
    {
        await Budget(perMinute).BlockAsync(_payer, TimeSpan.FromMinutes(5), Cancellation);

        var refused = await Assert.ThrowsAsync<ProviderException>(() => Budget(perMinute).TakeAsync(_payer, Cancellation));

        Assert.InRange((refused.RetryAt!.Value - _time.GetCurrentInstant()).TotalMinutes, 1, 5);
        await Budget(perMinute).TakeAsync(Payer(), Cancellation);
    }

    [Fact]
    public async Task A_block_that_would_never_end_ends_after_an_hour()
    {
        await Budget(0).BlockAsync(_payer, TimeSpan.FromDays(3650), Cancellation);

        var refused = await Assert.ThrowsAsync<ProviderException>(() => Budget(0).TakeAsync(_payer, Cancellation));

        Assert.InRange((refused.RetryAt!.Value - _time.GetCurrentInstant()).TotalMinutes, 1, 60);
    }

    [Fact]
    public async Task A_limit_of_zero_is_none()
    {
        for (var i = 0; i < 100; i++)
        {
            await Budget(0).TakeAsync(_payer, Cancellation);
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

        await budget.TakeAsync(_payer, Cancellation);
        await budget.TakeAsync(_payer, Cancellation);

        await Assert.ThrowsAsync<ProviderException>(() => budget.TakeAsync(_payer, Cancellation));
        _time.Advance(TimeSpan.FromMinutes(1));
        await budget.TakeAsync(_payer, Cancellation);
        var blocked = Payer();
        await budget.BlockAsync(blocked, TimeSpan.FromMinutes(5), Cancellation);
        await Assert.ThrowsAsync<ProviderException>(() => budget.TakeAsync(blocked, Cancellation));
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

    private static RequestPayer Payer() => RequestPayer.Of(CalendarProvider.Apple, new Uri("https://caldav.example/"), Guid.NewGuid().ToString());

    private static IOptions<ProviderLimitOptions> Limits(int perMinute, int? burst) => Options.Create(new ProviderLimitOptions { ApplePerMinute = perMinute, AppleBurst = burst });

    private SharedRequestBudget Budget(int perMinute, int? burst = null, TimeProvider? time = null) => new(new RateLimiter(Store), Store, Limits(perMinute, burst), time ?? _time);
}
