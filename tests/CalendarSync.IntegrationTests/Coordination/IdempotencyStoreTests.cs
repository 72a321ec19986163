using CalendarSync.Core.Coordination;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Coordination;

public sealed class IdempotencyStoreTests(RedisServer redis) : CoordinationTest(redis)
{
    private static readonly StoredAnswer Answer = new(201, "application/json", """{"title":"canary-title-school run"}""");

    private IdempotencyStore Answers => new(Store);
    private readonly string _scope = $"{Guid.NewGuid()} POST /api/calendar";

    [Fact]
    public async Task A_repeat_gets_the_first_answer_word_for_word()
    {
        await Answers.CompleteAsync(await StartAsync("key-1"), Answer);

        var repeat = await Answers.ClaimAsync(_scope, "key-1", "body-a", Cancellation);

        Assert.Equal(new IdempotencyClaim.Replay(Answer), repeat);
    }

    [Fact]
    public async Task A_repeat_while_the_first_one_runs_is_told_so()
    {
        await StartAsync("key-1");

        Assert.IsType<IdempotencyClaim.Running>(await Answers.ClaimAsync(_scope, "key-1", "body-a", Cancellation));
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused_while_running_and_afterwards()
    {
        var ticket = await StartAsync("key-1");
        Assert.IsType<IdempotencyClaim.Reused>(await Answers.ClaimAsync(_scope, "key-1", "body-b", Cancellation));

        await Answers.CompleteAsync(ticket, Answer);
        Assert.IsType<IdempotencyClaim.Reused>(await Answers.ClaimAsync(_scope, "key-1", "body-b", Cancellation));
    }

    [Fact]
    public async Task Of_many_that_come_at_once_exactly_one_runs()
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Answers.ClaimAsync(_scope, "key-1", "body-a", Cancellation)));

        Assert.Single(claims.OfType<IdempotencyClaim.Started>());
        Assert.Equal(19, claims.OfType<IdempotencyClaim.Running>().Count());
    }

    [Fact]
    public async Task A_failed_request_frees_its_key()
    {
        await Answers.AbandonAsync(await StartAsync("key-1"));

        Assert.IsType<IdempotencyClaim.Started>(await Answers.ClaimAsync(_scope, "key-1", "body-a", Cancellation));
    }

    [Fact]
    public async Task A_request_that_lost_its_claim_changes_nothing_of_its_successor()
    {
        var slow = await StartAsync("key-1");
        await Client.GetDatabase().KeyDeleteAsync(slow.Key);
        await StartAsync("key-1");

        await Answers.CompleteAsync(slow, Answer);
        await Answers.AbandonAsync(slow);

        Assert.IsType<IdempotencyClaim.Running>(await Answers.ClaimAsync(_scope, "key-1", "body-a", Cancellation));
    }

    [Fact]
    public async Task The_same_key_of_another_user_is_another_key()
    {
        await StartAsync("key-1");

        Assert.IsType<IdempotencyClaim.Started>(await Answers.ClaimAsync($"{_scope}2", "key-1", "body-a", Cancellation));
    }

    [Fact]
    public async Task A_dead_request_is_forgotten_soon_and_an_answer_after_a_day()
    {
        var ticket = await StartAsync("canary-key");
        var database = Client.GetDatabase();
        Assert.InRange((await database.KeyTimeToLiveAsync(ticket.Key))!.Value, TimeSpan.FromSeconds(50), IdempotencyStore.Patience);

        await Answers.CompleteAsync(ticket, Answer);

        Assert.InRange((await database.KeyTimeToLiveAsync(ticket.Key))!.Value, TimeSpan.FromHours(23), IdempotencyStore.Retention);
        Assert.DoesNotContain("canary", ticket.Key);
        Assert.DoesNotContain("canary", Answer.ToString());
    }

    private async Task<IdempotencyTicket> StartAsync(string key) =>
        Assert.IsType<IdempotencyClaim.Started>(await Answers.ClaimAsync(_scope, key, "body-a", Cancellation)).Ticket;
}
