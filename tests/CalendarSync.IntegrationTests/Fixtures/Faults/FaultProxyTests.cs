using System.Net;
using System.Text;

namespace CalendarSync.IntegrationTests.Fixtures.Faults;

public sealed class FaultProxyTests(RadicaleServer radicale) : IAsyncLifetime
{
    private const string Event =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260314T090000Z\r\nSUMMARY:Übung\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    private FaultProxy _proxy = null!;
    private HttpClient _direct = null!;
    private HttpClient _client = null!;
    private Uri _directEvent = null!;
    private Uri _event = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var account = await radicale.CreateAccountAsync();
        var calendar = await account.CreateCalendarAsync();
        _proxy = await FaultProxy.StartAsync(radicale.Url);
        _direct = account.Client;
        _client = new HttpClient();
        _client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account.Email}:{account.Password}")));
        _directEvent = new Uri(calendar, "a.ics");
        _event = new Uri(_proxy.Url, _directEvent.AbsolutePath);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _direct.Dispose();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task What_no_rule_meets_is_passed_on_as_it_is()
    {
        Assert.Equal(HttpStatusCode.Created, (await PutAsync()).StatusCode);

        using var through = await _client.GetAsync(_event, Cancellation);
        using var direct = await _direct.GetAsync(_directEvent, Cancellation);
        Assert.Equal(await direct.Content.ReadAsByteArrayAsync(Cancellation), await through.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(direct.Headers.ETag, through.Headers.ETag);
        Assert.Equal(direct.Content.Headers.ContentType, through.Content.Headers.ContentType);
        Assert.Equal(["PUT", "GET"], _proxy.Requests.Select(r => r.Method));
        Assert.Equal(Event, _proxy.Requests.First().Body);
    }

    [Fact]
    public async Task A_request_can_be_lost_on_its_way()
    {
        _proxy.On("PUT").Once().Do(Fault.DropBefore);

        await Assert.ThrowsAnyAsync<HttpRequestException>(PutAsync);

        Assert.False(await ExistsAsync());
        Assert.Equal(HttpStatusCode.Created, (await PutAsync()).StatusCode);
    }

    [Fact]
    public async Task An_answer_can_be_lost_after_the_effect()
    {
        var rule = _proxy.On("PUT", path: "a.ics", body: "Übung").Once().Do(Fault.DropAfter);

        await Assert.ThrowsAnyAsync<HttpRequestException>(PutAsync);

        Assert.True(await ExistsAsync());
        Assert.Equal(1, rule.Hits);
        Assert.Equal(1, _proxy.Count("PUT"));
    }

    [Fact]
    public async Task A_status_of_its_own_comes_without_an_effect_or_after_it()
    {
        _proxy.On("PUT").Skip(1).Do(Fault.StatusAfter(500));
        _proxy.On("PUT").Once().Do(Fault.Status(503, retryAfter: "90"));

        using var refused = await PutAsync();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(90)), (refused.StatusCode, refused.Headers.RetryAfter!.Delta));
        Assert.False(await ExistsAsync());

        Assert.Equal(HttpStatusCode.Created, (await PutAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, (await PutAsync()).StatusCode);
        _proxy.Heal();
        Assert.Equal(HttpStatusCode.Created, (await PutAsync()).StatusCode);
    }

    [Fact]
    public async Task An_answer_can_be_cut_off_and_it_can_be_held_back()
    {
        await PutAsync();
        _proxy.On("GET").Once().Do(Fault.CutOff(20));
        await Assert.ThrowsAnyAsync<Exception>(() => _client.GetStringAsync(_event, Cancellation));

        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        _proxy.On("DELETE").Do(Fault.HoldAfter(go.Task, reached.SetResult));
        var deleting = _client.DeleteAsync(_event, Cancellation);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(90), TimeProvider.System, Cancellation);

        Assert.False(await ExistsAsync());
        Assert.False(deleting.IsCompleted);
        go.SetResult();
        Assert.True((await deleting).IsSuccessStatusCode);
    }

    private Task<HttpResponseMessage> PutAsync() => _client.PutAsync(_event, new StringContent(Event, Encoding.UTF8, "text/calendar"), Cancellation);

    private async Task<bool> ExistsAsync()
    {
        using var answer = await _direct.GetAsync(_directEvent, Cancellation);
        return answer.IsSuccessStatusCode;
    }
}
