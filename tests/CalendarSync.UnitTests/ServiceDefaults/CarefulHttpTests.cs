using System.Net;
using CalendarSync.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CalendarSync.UnitTests.ServiceDefaults;

public sealed class CarefulHttpTests
{
    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("MKCALENDAR")]
    [InlineData("MOVE")]
    [InlineData("PROPPATCH")]
    public async Task A_write_is_sent_once_whatever_the_answer(string method)
    {
        Assert.Equal(1, await CountAttemptsAsync(method));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PROPFIND")]
    [InlineData("REPORT")]
    public async Task A_read_is_repeated_when_the_server_is_busy(string method)
    {
        Assert.True(await CountAttemptsAsync(method) > 1);
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_is_not_repeated()
    {
        using var handler = new BusyServer(_ => throw new HttpRequestException("The connection was reset."));
        await using var services = Build(handler);
        using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient("test");

        await Assert.ThrowsAsync<HttpRequestException>(
            () => client.PutAsync(new Uri("http://server.test/event.ics"), content: null, TestContext.Current.CancellationToken));

        Assert.Equal(1, handler.Attempts);
    }

    private static async Task<int> CountAttemptsAsync(string method)
    {
        // Retry-After: 0 instead of the usual pause of seconds.
        using var handler = new BusyServer(_ => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Headers = { { "Retry-After", "0" } } });
        await using var services = Build(handler);
        using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient("test");
        using var request = new HttpRequestMessage(new HttpMethod(method), "http://server.test/calendar/");

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        return handler.Attempts;
    }

    private static ServiceProvider Build(HttpMessageHandler handler)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddServiceDefaults();
        builder.Services.AddHttpClient("test").ConfigurePrimaryHttpMessageHandler(() => handler);
        return builder.Services.BuildServiceProvider();
    }

    private sealed class BusyServer(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public int Attempts { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Attempts++;
            return Task.FromResult(answer(request));
        }
    }
}
