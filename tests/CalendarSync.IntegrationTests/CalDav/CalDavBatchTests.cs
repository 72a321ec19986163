using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using NodaTime;
using static CalendarSync.IntegrationTests.CalDav.FaultyServer;

namespace CalendarSync.IntegrationTests.CalDav;

public sealed class CalDavBatchTests : CalDavFaults
{
    private readonly TaskCompletionSource _together = new();
    private int _underWay;
    private int _most;

    [Fact]
    public async Task Batches_are_read_at_the_same_time_and_never_more_than_allowed()
    {
        await using var host = Host();
        var paths = Enumerable.Range(0, 11).Select(i => Server.Add($"{i}.ics")).ToArray();
        Server.Fault = async (_, body) =>
        {
            if (body.Contains("multiget", StringComparison.Ordinal))
            {
                await MeetAsync(3);
            }

            return false;
        };

        var pages = await PullAsync(host).ToListAsync(Cancellation);

        Assert.Equal(paths.Order(), pages.SelectMany(p => p.Changes).Cast<RemoteChange.Present>().Select(p => p.ExternalId).Order());
        Assert.Equal(3, _most);
        Assert.True(pages[^1].IsComplete);
    }

    [Fact]
    public async Task A_batch_that_fails_costs_none_of_those_that_were_under_way_and_gives_no_cursor()
    {
        await using var host = Host();
        foreach (var i in Enumerable.Range(0, 11))
        {
            Server.Add($"{i}.ics");
        }

        var asked = 0;
        Server.Fault = async (context, body) =>
        {
            if (!body.Contains("multiget", StringComparison.Ordinal))
            {
                return false;
            }

            var number = Interlocked.Increment(ref asked);
            await MeetAsync(3);
            return number == 2 && await Answered(AnswerAsync(context, 503));
        };
        var pages = new List<ChangePage>();

        var fault = await Assert.ThrowsAsync<ProviderException>(async () =>
        {
            await foreach (var page in PullAsync(host))
            {
                pages.Add(page);
            }
        });

        // What came before the failure in the order of the listing may already have made room for one more.
        Assert.Equal(ProviderFault.Transient, fault.Fault);
        Assert.InRange(pages.SelectMany(p => p.Changes).Count(), 4, asked * 2);
        Assert.Equal(0, _underWay);
        Assert.All(pages, p => Assert.Null(p.NextCursor));
        Assert.All(pages, p => Assert.False(p.IsComplete));
    }

    // 413: a batch is more than the server takes.
    [Fact]
    public async Task A_server_that_refuses_many_at_once_is_asked_for_fewer()
    {
        var paths = Enumerable.Range(0, 7).Select(i => Server.Add($"{i}.ics")).ToArray();
        Server.Fault = (context, body) => body.Split("<D:href>").Length > 3 ? Answered(AnswerAsync(context, 413)) : Task.FromResult(false);

        var changes = (await PullAsync()).SelectMany(p => p.Changes);

        Assert.Equal(paths.Order(), changes.Cast<RemoteChange.Present>().Select(p => p.ExternalId).Order());
        Assert.DoesNotContain(Server.Requests, r => r.StartsWith("GET ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("40000", false)]
    [InlineData("4000000", true)]
    [InlineData("", true)]
    public async Task An_event_larger_than_the_calendar_takes_is_not_sent(string limit, bool sent)
    {
        Server.Fault = (context, body) => body.Contains("max-resource-size", StringComparison.Ordinal)
            ? Answered(AnswerAsync(context, 207, MultiStatus(
                $"<response><href>{Calendar}</href><propstat><prop><C:max-resource-size>{limit}</C:max-resource-size></prop><status>HTTP/1.1 200 OK</status></propstat></response>")))
            : Task.FromResult(false);
        var path = Server.Add("1.ics");
        var (etag, text) = Server.Events[path];
        var large = new CalendarEvent(Dinner.Content with { Description = new string('x', 50_000) });

        var results = await Provider.PushAsync(
            Account, Calendar, [new WriteOperation.Create(NewIdentity(), large), new WriteOperation.Update(path, etag, text, large), new WriteOperation.Create(NewIdentity(), Dinner)], Cancellation);

        Assert.Equal(sent ? [] : ["too_large", "too_large"], results.OfType<WriteResult.Rejected>().Select(r => r.Code));
        Assert.Equal(sent ? 3 : 1, Server.Requests.Count(r => r.StartsWith("PUT ", StringComparison.Ordinal)));
    }

    // 58: a meeting that goes from a guest's calendar would be declined to its organizer by mail.
    [Fact]
    public async Task A_delete_mails_nobody()
    {
        var path = Server.Add("1.ics");
        var header = "";
        Server.Fault = (context, _) =>
        {
            header = context.Request.Method == "DELETE" ? context.Request.Headers["Schedule-Reply"].ToString() : header;
            return Task.FromResult(false);
        };

        Assert.IsType<WriteResult.Deleted>(await PushAsync(new WriteOperation.Delete(path, Server.Events[path].Etag)));

        Assert.Equal("F", header);
    }

    private static CalDavHost Host() => new(options => (options.MultigetBatch, options.MaxParallelReads) = (2, 3));

    private IAsyncEnumerable<ChangePage> PullAsync(CalDavHost host) => host.Provider.PullAsync(
        Account,
        new PullRequest(Calendar, null, _ => ValueTask.FromResult<IReadOnlyDictionary<string, string?>>(new Dictionary<string, string?>()), DateTimeZone.Utc),
        Cancellation);

    // Holds the first requests until so many have come.
    private async Task MeetAsync(int count)
    {
        var now = Interlocked.Increment(ref _underWay);
        _most = Math.Max(_most, now);
        if (now == count)
        {
            _together.TrySetResult();
        }

        await _together.Task.WaitAsync(TimeSpan.FromSeconds(90), TimeProvider.System, Cancellation);
        Interlocked.Decrement(ref _underWay);
    }
}
