using CalendarSync.Core.Providers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using NodaTime;
using static CalendarSync.IntegrationTests.CalDav.FaultyServer;

namespace CalendarSync.IntegrationTests.CalDav;

public sealed class CalDavTransportTests : CalDavFaults
{
    [Fact]
    public async Task A_server_that_does_not_answer_in_time_is_given_up()
    {
        var time = new FakeTimeProvider();
        await using var host = new CalDavHost(timeProvider: time);
        var asked = new TaskCompletionSource();
        Server.Fault = async (context, _) =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        var listing = host.Provider.ListCalendarsAsync(Account, Cancellation);
        await asked.Task;
        time.Advance(TimeSpan.FromMinutes(1));

        var fault = await Assert.ThrowsAsync<ProviderException>(() => listing);
        Assert.Equal((ProviderFault.Transient, "timeout"), (fault.Fault, fault.Code));
    }

    [Theory]
    [InlineData(429, "90")]
    [InlineData(503, "90")]
    [InlineData(429, "Thu, 01 Jan 2026 00:01:30 GMT")]
    public async Task A_server_that_asks_to_wait_is_heard(int status, string retryAfter)
    {
        await using var host = new CalDavHost(timeProvider: new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        Server.Fault = (context, _) =>
        {
            context.Response.Headers.RetryAfter = retryAfter;
            return Answered(AnswerAsync(context, status));
        };

        var fault = await Assert.ThrowsAsync<ProviderException>(() => host.Provider.ListCalendarsAsync(Account, Cancellation));

        Assert.Equal((ProviderFault.RateLimited, "rate_limited", Instant.FromUtc(2026, 1, 1, 0, 1, 30)), (fault.Fault, fault.Code, fault.RetryAt));
        Assert.Single(Server.Requests);
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off()
    {
        await using var host = new CalDavHost(options => options.MaxResponseBytes = 4096);
        Server.Fault = async (context, _) =>
        {
            context.Response.StatusCode = 207;
            await context.Response.WriteAsync("<multistatus xmlns='DAV:'>");
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(new string(' ', 4096));
            }

            return true;
        };

        var fault = await Assert.ThrowsAsync<ProviderException>(() => host.Provider.ListCalendarsAsync(Account, Cancellation));

        Assert.Equal("not_a_calendar_server", fault.Code);
    }
}
