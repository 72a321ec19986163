using CalendarSync.Core.Providers;
using static CalendarSync.IntegrationTests.CalDav.FaultyServer;

namespace CalendarSync.IntegrationTests.CalDav;

public sealed class CalDavPullTests : CalDavFaults
{
    [Fact]
    public async Task An_answer_under_the_wrong_content_type_is_read_all_the_same()
    {
        Server.Add("1.ics");
        Server.Fault = async (context, body) =>
        {
            context.Response.OnStarting(() =>
            {
                context.Response.ContentType = "text/html";
                return Task.CompletedTask;
            });
            return await Task.FromResult(false);
        };

        Assert.Single(Assert.IsType<RemoteChange.Present[]>((await PullAsync()).SelectMany(p => p.Changes).Cast<RemoteChange.Present>().ToArray()));
    }

    public static TheoryData<int, string> ForgottenTokens => new()
    {
        { 403, "<error xmlns=\"DAV:\"><valid-sync-token/></error>" },
        { 409, "<error xmlns=\"DAV:\"><valid-sync-token/></error>" },
        { 412, "<error xmlns=\"DAV:\"><valid-sync-token/></error>" },
        { 403, "" },
        { 409, "" },
        { 410, "" },
        { 412, "" },
        { 400, "" },
        { 500, "" },
        { 501, "" },
        { 507, "" },
        { 207, MultiStatus("<response><href>/home/cal/</href><status>HTTP/1.1 403 Forbidden</status><error><valid-sync-token/></error></response>") },
    };

    [Theory]
    [MemberData(nameof(ForgottenTokens))]
    public async Task A_forgotten_token_in_any_wording_asks_for_a_full_compare(int status, string body)
    {
        var cursor = (await PullAsync())[^1].NextCursor;
        Server.Fault = (context, sent) => sent.Contains("sync-collection", StringComparison.Ordinal) && context.Request.Method == "REPORT"
            ? Answered(AnswerAsync(context, status, body))
            : Task.FromResult(false);

        var fault = await Assert.ThrowsAsync<ProviderException>(() => PullAsync(cursor));

        Assert.Equal(ProviderFault.CursorExpired, fault.Fault);
    }

    [Fact]
    public async Task A_cursor_of_another_form_asks_for_a_full_compare() =>
        Assert.Equal(ProviderFault.CursorExpired, (await Assert.ThrowsAsync<ProviderException>(() => PullAsync("http://old.example/token"))).Fault);

    [Fact]
    public async Task A_delta_in_several_parts_is_read_to_its_end_and_the_cursor_stands_on_the_last_page()
    {
        var (one, two) = (Server.Add("1.ics"), Server.Add("2.ics"));
        var cursor = (await PullAsync())[^1].NextCursor;
        Server.Changes = token => token switch
        {
            "t1" => Changed(one, "\"9\"") + "<response><href>/home/cal/</href><status>HTTP/1.1 507 Insufficient Storage</status></response><sync-token>t2</sync-token>",
            "t2" => Changed(two, "\"9\"") + "<response><href>/home/cal/gone.ics</href><status>HTTP/1.1 404 Not Found</status></response><sync-token>t3</sync-token>",
            _ => throw new InvalidOperationException(token),
        };

        var pages = await PullAsync(cursor);

        Assert.Equal([one, "/home/cal/gone.ics", two], pages.SelectMany(p => p.Changes).Select(c => c.ExternalId));
        Assert.All(pages.SkipLast(1), p => Assert.Null(p.NextCursor));
        Assert.Contains("\"t3\"", pages[^1].NextCursor);
        Assert.False(pages[^1].IsComplete);
    }

    [Fact]
    public async Task A_delta_that_goes_in_circles_is_given_up_without_a_cursor()
    {
        var cursor = (await PullAsync())[^1].NextCursor;
        Server.Changes = _ => "<response><href>/home/cal/</href><status>HTTP/1.1 507 Insufficient Storage</status></response><sync-token>t1</sync-token>";

        Assert.Equal("invalid_response", (await Assert.ThrowsAsync<ProviderException>(() => PullAsync(cursor))).Code);
    }

    // 19: one 404 in a multiget of iCloud emptied a calendar, and the account was "ok".
    [Fact]
    public async Task A_ghost_404_inside_a_multiget_is_asked_for_by_itself_and_costs_no_other_event()
    {
        var (ghost, other) = (Server.Add("ghost.ics", "Ghost"), Server.Add("other.ics", "Other"));
        Server.Fault = (context, body) => body.Contains("multiget", StringComparison.Ordinal)
            ? Answered(AnswerAsync(context, 207, MultiStatus(
                $"<response><href>{ghost}</href><status>HTTP/1.1 404 Not Found</status></response><response><href/></response>"
                + $"<response><href>{other}</href><propstat><prop><C:calendar-data>{Server.Events[other].Text}</C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>")))
            : Task.FromResult(false);

        var changes = (await PullAsync()).SelectMany(p => p.Changes).Cast<RemoteChange.Present>().ToArray();

        Assert.Equal(["Ghost", "Other"], changes.Select(c => c.Event.Content.Title).Order());
        Assert.Equal(Server.Events[ghost].Etag, changes.Single(c => c.ExternalId == ghost).Etag);
        // 20: a missing getetag drops nothing.
        Assert.Null(changes.Single(c => c.ExternalId == other).Etag);
    }

    [Fact]
    public async Task What_is_listed_and_never_handed_out_is_unreadable_and_not_deleted()
    {
        var ghost = Server.Add("ghost.ics");
        Server.Fault = (context, body) => body.Contains("multiget", StringComparison.Ordinal) || context.Request.Method == "GET"
            ? Answered(AnswerAsync(context, context.Request.Method == "GET" ? 404 : 207, MultiStatus($"<response><href>{ghost}</href><status>HTTP/1.1 404 Not Found</status></response>")))
            : Task.FromResult(false);

        var pages = await PullAsync();
        var fetched = await Provider.FetchAsync(Account, Calendar, [ghost], Cancellation);

        Assert.Equal((ghost, "not_served"), Named(Assert.Single(pages.SelectMany(p => p.Changes))));
        Assert.Equal((ghost, "not_served"), Named(Assert.Single(fetched)));
    }

    // 14 and 17: an empty or shortened listing, and no error to be seen.
    [Fact]
    public async Task A_listing_that_silently_lacks_events_deletes_nothing()
    {
        var path = Server.Add("1.ics");
        Server.Fault = (context, body) => body.Contains("calendar-query", StringComparison.Ordinal)
            ? Answered(AnswerAsync(context, 207, MultiStatus("")))
            : Task.FromResult(false);

        var pages = await PullAsync(known: new() { [path] = "\"old\"", ["/home/cal/really-gone.ics"] = "\"1\"" });

        Assert.True(pages[^1].IsComplete);
        Assert.Equal([path], pages.SelectMany(p => p.Changes).Cast<RemoteChange.Present>().Select(p => p.ExternalId));
    }

    [Fact]
    public async Task A_listing_that_is_cut_short_is_read_in_parts_by_an_initial_sync()
    {
        var (one, two) = (Server.Add("1.ics"), Server.Add("2.ics"));
        Server.Fault = (context, body) => body.Contains("calendar-query", StringComparison.Ordinal)
            ? Answered(AnswerAsync(context, 207, MultiStatus(Changed(one, "\"1\"") + "<response><href>/home/cal/</href><status>HTTP/1.1 507 Too much</status></response>")))
            : Task.FromResult(false);
        Server.Changes = token => token.Length == 0
            ? Changed(one, "\"1\"") + "<response><href>/home/cal/</href><status>HTTP/1.1 507 Too much</status></response><sync-token>p1</sync-token>"
            : Changed(two, "\"2\"") + "<sync-token>p2</sync-token>";

        var pages = await PullAsync();

        Assert.True(pages[^1].IsComplete);
        Assert.Equal([one, two], pages.SelectMany(p => p.Changes).Select(c => c.ExternalId).Order());
    }

    [Fact]
    public async Task A_listing_that_stays_cut_short_is_never_given_for_complete()
    {
        Server.OffersSync = false;
        var one = Server.Add("1.ics");
        Server.Fault = (context, body) => body.Contains("calendar-query", StringComparison.Ordinal) || context.Request.Headers["Depth"] == "1"
            ? Answered(AnswerAsync(context, 207, MultiStatus(Changed(one, "\"1\"") + "<response><href>/home/cal/</href><status>HTTP/1.1 507 Too much</status></response>")))
            : Task.FromResult(false);

        Assert.Equal("listing_truncated", (await Assert.ThrowsAsync<ProviderException>(() => PullAsync())).Code);
    }

    [Fact]
    public async Task Without_sync_collection_the_ctag_makes_a_quiet_pass_one_request_and_etags_find_the_rest()
    {
        Server.OffersSync = false;
        var (same, edited) = (Server.Add("1.ics"), Server.Add("2.ics"));
        var first = await PullAsync();
        var known = first.SelectMany(p => p.Changes).Cast<RemoteChange.Present>().ToDictionary(p => p.ExternalId, p => p.Etag);
        var before = Server.Requests.Count;

        var quiet = await PullAsync(first[^1].NextCursor, known);

        Assert.Equal(1, Server.Requests.Count - before);
        Assert.False(Assert.Single(quiet).IsComplete);
        Server.Add("2.ics", "Edited");
        Server.Ctag = "c2";
        var news = await PullAsync(quiet[^1].NextCursor, known);
        Assert.True(news[^1].IsComplete);
        Assert.Equal([edited], news.SelectMany(p => p.Changes).Select(c => c.ExternalId));
        Assert.Equal([same], news.SelectMany(p => p.Unchanged));
    }

    [Fact]
    public async Task One_event_that_spoils_the_answer_is_found_and_the_others_arrive()
    {
        var paths = Enumerable.Range(0, 7).Select(i => Server.Add($"{i}.ics", i == 3 ? "bad \u0001" : "good")).ToArray();
        Server.Fault = (context, body) => body.Contains("multiget", StringComparison.Ordinal) && body.Contains("/3.ics", StringComparison.Ordinal)
            ? Answered(AnswerAsync(context, 207, MultiStatus("<response>\u0001</response>")))
            : Task.FromResult(false);

        var changes = (await PullAsync()).SelectMany(p => p.Changes).ToArray();

        Assert.Equal(paths, changes.OfType<RemoteChange.Present>().Select(c => c.ExternalId).Order());
    }

    [Fact]
    public async Task Tasks_in_the_calendar_are_passed_over()
    {
        var path = Server.Add("todo.ics");
        Server.Events[path] = ("\"1\"", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\nEND:VCALENDAR\r\n");

        Assert.Empty((await PullAsync()).SelectMany(p => p.Changes));
    }

    [Fact]
    public async Task A_calendar_that_moved_to_another_host_is_found_again()
    {
        await using var old = await StartAsync();
        var cursor = $$"""{"v":1,"u":"{{old.Url}}","t":"t1"}""";
        old.Fault = (context, _) => Answered(AnswerAsync(context, 403));

        var pages = await PullAsync(cursor);

        Assert.Contains(Server.Url.ToString(), pages[^1].NextCursor);
    }

    private static (string, string) Named(RemoteChange change) => (change.ExternalId, Assert.IsType<RemoteChange.Unreadable>(change).Code);
}
