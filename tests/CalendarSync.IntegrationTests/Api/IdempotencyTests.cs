using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Api;

public sealed class IdempotencyTests(ApiFixture fixture, PostgresServer postgres) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_repeat_gets_the_first_answer_word_for_word_and_makes_nothing()
    {
        var person = await fixture.CreatePersonAsync();
        var key = Guid.NewGuid().ToString();
        var first = await person.Client.PostAsync("/api/calendar", Event(person), key);
        (await person.Client.PatchAsync($"/api/calendar/{first.Ok()["data"]!["id"]}", new { title = "canary-title edited" })).Ok();
        var second = await person.Client.PostAsync("/api/calendar", Event(person), key);
        second.Ok();
        Assert.Equal(first.Text, second.Text);
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.True(second.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(1, await CountAsync(person));
    }

    [Fact]
    public async Task Without_a_key_or_with_another_one_or_by_another_user_a_second_event_is_made()
    {
        var person = await fixture.CreatePersonAsync();
        var member = await fixture.JoinAsync(person.Space);
        (await person.Client.PostAsync("/api/calendar", Event(person))).Ok();
        (await person.Client.PostAsync("/api/calendar", Event(person))).Ok();
        (await person.Client.PostAsync("/api/calendar", Event(person), "one")).Ok();
        (await person.Client.PostAsync("/api/calendar", Event(person), "two")).Ok();
        (await member.Client.PostAsync("/api/calendar", Event(person), "two")).Ok();
        Assert.Equal(5, await CountAsync(person));
    }

    [Fact]
    public async Task A_key_with_another_body_is_a_mistake()
    {
        var person = await fixture.CreatePersonAsync();
        (await person.Client.PostAsync("/api/calendar", Event(person), "key")).Ok();
        var other = Event(person);
        other["title"] = "canary-title other";
        (await person.Client.PostAsync("/api/calendar", other, "key")).Problem(422, "idempotency_key_reused");
        Assert.Equal(1, await CountAsync(person));
    }

    [Fact]
    public async Task What_failed_may_be_tried_again_with_the_same_key()
    {
        var person = await fixture.CreatePersonAsync();
        var member = await fixture.JoinAsync((await fixture.CreatePersonAsync()).Space);
        var body = Event(person);
        (await member.Client.PostAsync("/api/calendar", body, "key")).Problem(403, "space_access_denied");
        await fixture.Database.AddMemberAsync(person.Space, member.User);
        (await member.Client.PostAsync("/api/calendar", body, "key")).Ok();
    }

    [Fact]
    public async Task A_key_that_is_too_long_is_refused()
    {
        var person = await fixture.CreatePersonAsync();
        Assert.Equal(["Idempotency-Key"], (await person.Client.PostAsync("/api/calendar", Event(person), new string('k', 201))).InvalidMembers());
    }

    [Fact]
    public async Task While_the_first_request_runs_a_repeat_is_told_to_wait_and_after_it_gets_the_answer()
    {
        var person = await fixture.CreatePersonAsync();
        var email = $"canary-{Guid.NewGuid():N}@example.com";
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource<ImmutableArray<RemoteCalendar>>();
        fixture.Provider.Answer(email, _ =>
        {
            arrived.SetResult();
            return release.Task;
        });
        var body = new JsonObject { ["email"] = email, ["app_specific_password"] = FakeProvider.GoodPassword, ["space_id"] = person.Space.Value };
        var first = person.Client.PostAsync("/api/calendar/connect/apple", body, "key");
        await arrived.Task;
        var refused = await person.Client.PostAsync("/api/calendar/connect/apple", body, "key");
        refused.Problem(409, "request_in_progress");
        Assert.Equal("1", refused.Headers.RetryAfter?.ToString());
        release.SetResult(FakeProvider.Calendars);
        var id = (Guid?)(await first).Ok()["connection_id"];
        Assert.Equal(id, (Guid?)(await person.Client.PostAsync("/api/calendar/connect/apple", body, "key")).Ok()["connection_id"]);
    }

    [Fact]
    public async Task Of_many_repeats_at_once_one_event_is_made()
    {
        var person = await fixture.CreatePersonAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => person.Client.PostAsync("/api/calendar", Event(person), "key")));
        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Conflict, answer.Text));
        Assert.Single(answers.Where(answer => answer.Status == HttpStatusCode.OK).Select(answer => (Guid)answer.Json["data"]!["id"]!).Distinct());
        Assert.Equal(1, await CountAsync(person));
    }

    [Fact]
    public async Task A_create_is_not_doubled_when_Redis_forgets_or_is_away()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync();
        await using var database = await postgres.CreateDatabaseAsync();
        await using var host = new ApiHost(database, redis.ConnectionString);
        host.StartServer();
        var user = await database.CreateUserAsync();
        var person = new Person(user, await database.CreateSpaceAsync(user), host.For(user));

        var first = (await person.Client.PostAsync("/api/calendar", Event(person), "key")).Ok()["data"]!["id"]!.ToJsonString();
        await redis.StopAsync();
        var away = (await person.Client.PostAsync("/api/calendar", Event(person), "key")).Ok()["data"]!["id"]!.ToJsonString();
        await redis.StartAsync();
        await Poll.UntilAsync(async () => (await host.Anonymous().GetAsync("/health")).Status == HttpStatusCode.OK);
        var forgotten = (await person.Client.PostAsync("/api/calendar", Event(person), "key")).Ok()["data"]!["id"]!.ToJsonString();
        Assert.Equal((first, first), (away, forgotten));
        Assert.Equal(1, await database.QuerySingleAsync<long>("select count(*) from events"));

        // In another space the derived id is taken: nothing of the first event is shown.
        var elsewhere = Event(person);
        elsewhere["space_id"] = (await database.CreateSpaceAsync(user)).Value;
        await redis.StopAsync();
        (await person.Client.PostAsync("/api/calendar", elsewhere, "key")).Problem(422, "idempotency_key_reused");
    }

    private static JsonObject Event(Person person) => new() { ["space_id"] = person.Space.Value, ["title"] = "canary-title", ["start_time"] = "2026-03-10T14:00:00Z" };

    private Task<long> CountAsync(Person person) =>
        fixture.Database.QuerySingleAsync<long>("select count(*) from events where space_id = @space", new { space = person.Space.Value });
}
