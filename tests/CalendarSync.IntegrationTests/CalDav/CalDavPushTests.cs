using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using static CalendarSync.IntegrationTests.CalDav.FaultyServer;

namespace CalendarSync.IntegrationTests.CalDav;

public sealed class CalDavPushTests : CalDavFaults
{
    [Fact]
    public async Task Without_etags_in_its_answers_what_was_stored_is_read_back_in_one_request()
    {
        Server.GivesEtags = false;
        WriteOperation[] creates = [.. Enumerable.Range(0, 5).Select(_ => new WriteOperation.Create(NewIdentity(), Dinner))];

        var results = await Provider.PushAsync(Account, Calendar, creates, Cancellation);

        Assert.All(results, r => Assert.Equal(Server.Events[((WriteResult.Stored)r).Version.ExternalId].Etag, ((WriteResult.Stored)r).Version.Etag));
        Assert.Single(Server.Requests, r => r.StartsWith("REPORT ", StringComparison.Ordinal));
        Assert.DoesNotContain(Server.Requests, r => r.StartsWith("GET ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_edit_between_the_write_and_its_reading_is_left_for_the_next_pull(bool givesEtags)
    {
        Server.GivesEtags = givesEtags;
        Server.Fault = (context, body) =>
        {
            if (body.Contains("multiget", StringComparison.Ordinal))
            {
                Server.Add(Path.GetFileName(Server.Events.Keys.Single()), "Edited in between");
            }

            return Task.FromResult(false);
        };

        var stored = Assert.IsType<WriteResult.Stored>(await PushAsync(new WriteOperation.Create(NewIdentity(), Dinner)));

        Assert.Equal("Dinner", stored.Version.Event.Content.Title);
        Assert.Contains("SUMMARY:Dinner", stored.Version.Payload);
        Assert.Equal(givesEtags ? "\"1\"" : null, stored.Version.Etag);
    }

    // 28: an upload that was cut off, then 412 for ever.
    [Fact]
    public async Task A_create_whose_answer_was_lost_is_adopted_when_it_is_repeated()
    {
        var create = new WriteOperation.Create(NewIdentity(), Dinner);
        Server.Fault = (context, body) =>
        {
            if (context.Request.Method != "PUT" || !Server.Events.IsEmpty)
            {
                return Task.FromResult(false);
            }

            Server.Events[context.Request.Path.Value!] = ("\"7\"", body);
            context.Abort();
            return Task.FromResult(true);
        };

        var lost = await PushAsync(create);
        var again = await PushAsync(create);

        Assert.Equal("connection_lost", Assert.IsType<WriteResult.Failed>(lost).Code);
        var stored = Assert.IsType<WriteResult.Stored>(again);
        Assert.True(stored.Adopted);
        Assert.Equal("\"7\"", stored.Version.Etag);
        Assert.Equal(ContentHash.Of(Dinner), ContentHash.Of(stored.Version.Event));
        Assert.Single(Server.Events);
    }

    [Theory]
    [InlineData("", 500)]
    [InlineData("calendar-query", 500)]
    [InlineData("calendar-query", 503)]
    public async Task A_taken_name_that_cannot_be_looked_at_now_is_tried_again_and_not_refused(string request, int status)
    {
        Server.Fault = (context, body) => context.Request.Method switch
        {
            "PUT" => Answered(AnswerAsync(context, 412)),
            "GET" when request.Length == 0 => Answered(AnswerAsync(context, status)),
            "REPORT" when request.Length > 0 && body.Contains(request, StringComparison.Ordinal) => Answered(AnswerAsync(context, status)),
            _ => Task.FromResult(false),
        };

        Assert.IsType<WriteResult.Failed>(await PushAsync(new WriteOperation.Create(NewIdentity(), Dinner)));
    }

    [Theory]
    [InlineData(409)]
    [InlineData(403)]
    public async Task A_uid_that_exists_under_another_name_is_adopted(int status)
    {
        var identity = NewIdentity();
        var there = Server.Add("by-hand.ics");
        Server.Events[there] = ("\"1\"", EventText(identity.Uid, "By hand"));
        Server.Fault = (context, _) => context.Request.Method == "PUT"
            ? Answered(AnswerAsync(context, status, $"<error xmlns=\"DAV:\"><no-uid-conflict xmlns=\"urn:ietf:params:xml:ns:caldav\"><D:href xmlns:D=\"DAV:\">{there}</D:href></no-uid-conflict></error>"))
            : Task.FromResult(false);

        var stored = Assert.IsType<WriteResult.Stored>(await PushAsync(new WriteOperation.Create(identity, Dinner)));

        Assert.Equal((true, there, "By hand"), (stored.Adopted, stored.Version.ExternalId, stored.Version.Event.Content.Title));
    }

    public static TheoryData<int, string, string> Refused => new()
    {
        { 403, "", "read_only" },
        { 403, "<error xmlns=\"DAV:\"><need-privileges/></error>", "read_only" },
        { 405, "", "read_only" },
        { 413, "", "too_large" },
        { 403, "<error xmlns=\"DAV:\"><max-resource-size xmlns=\"urn:ietf:params:xml:ns:caldav\"/></error>", "too_large" },
        { 507, "", "quota" },
        { 403, "<error xmlns=\"DAV:\"><quota-not-exceeded/></error>", "quota" },
        { 403, "<error xmlns=\"DAV:\"><valid-calendar-data xmlns=\"urn:ietf:params:xml:ns:caldav\"/></error>", "rejected" },
        { 400, "", "rejected" },
        { 415, "", "rejected" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_refusal_is_said_by_its_reason(int status, string body, string code)
    {
        var path = Server.Add("1.ics");
        var (etag, text) = Server.Events[path];
        Server.Fault = (context, _) => context.Request.Method == "PUT" ? Answered(AnswerAsync(context, status, body)) : Task.FromResult(false);

        var results = await Provider.PushAsync(Account, Calendar, [new WriteOperation.Create(NewIdentity(), Dinner), new WriteOperation.Update(path, etag, text, Dinner)], Cancellation);

        Assert.All(results, r => Assert.Equal(code, Assert.IsType<WriteResult.Rejected>(r).Code));
    }

    [Fact]
    public async Task A_server_that_asks_to_wait_gets_no_more_of_the_batch()
    {
        Server.Fault = (context, _) =>
        {
            context.Response.Headers.RetryAfter = "60";
            return context.Request.Method == "PUT" ? Answered(AnswerAsync(context, 429)) : Task.FromResult(false);
        };
        WriteOperation[] creates = [.. Enumerable.Range(0, 40).Select(_ => new WriteOperation.Create(NewIdentity(), Dinner))];

        var results = await Provider.PushAsync(Account, Calendar, creates, Cancellation);

        Assert.All(results, r => Assert.NotNull(Assert.IsType<WriteResult.Failed>(r).RetryAt));
        Assert.InRange(Server.Requests.Count(r => r.StartsWith("PUT ", StringComparison.Ordinal)), 1, 8);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(410)]
    public async Task An_update_of_what_is_gone_says_so(int status)
    {
        Server.Fault = (context, _) => context.Request.Method == "PUT" ? Answered(AnswerAsync(context, status)) : Task.FromResult(false);

        Assert.IsType<WriteResult.Gone>(await PushAsync(new WriteOperation.Update("/home/cal/1.ics", "\"1\"", EventText("u", "t"), Dinner)));
    }

    [Fact]
    public async Task An_update_without_an_etag_still_wants_the_event_to_be_there()
    {
        Assert.IsType<WriteResult.VersionConflict>(await PushAsync(new WriteOperation.Update("/home/cal/gone.ics", null, EventText("u", "t"), Dinner)));
        Assert.Empty(Server.Events);
    }

    [Fact]
    public async Task An_etag_that_cannot_be_sent_stops_the_write_and_not_its_condition()
    {
        var path = Server.Add("1.ics", "By hand");

        var result = await PushAsync(new WriteOperation.Update(path, "\"a\nb\"", EventText("1.ics", "By hand"), Dinner));

        Assert.IsType<WriteResult.Failed>(result);
        Assert.Contains("By hand", Server.Events[path].Text);
    }

    [Fact]
    public async Task A_failed_reading_back_does_not_undo_the_write()
    {
        Server.Fault = (context, body) => body.Contains("multiget", StringComparison.Ordinal) ? Answered(AnswerAsync(context, 503)) : Task.FromResult(false);

        var stored = Assert.IsType<WriteResult.Stored>(await PushAsync(new WriteOperation.Create(NewIdentity(), Dinner)));

        Assert.Equal("\"1\"", stored.Version.Etag);
        Assert.Equal(ContentHash.Of(Dinner), ContentHash.Of(stored.Version.Event));
    }
}
