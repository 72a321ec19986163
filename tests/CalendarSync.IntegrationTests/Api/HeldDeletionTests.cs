using System.Net;
using CalendarSync.Core.Model;

namespace CalendarSync.IntegrationTests.Api;

public sealed class HeldDeletionTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Members_see_what_waits_and_only_the_owner_or_an_admin_decides()
    {
        var owner = await fixture.CreatePersonAsync();
        var id = await HoldAsync(owner, "canary-title-a", "canary-title-b");
        var member = await fixture.JoinAsync(owner.Space);
        var stranger = await fixture.CreatePersonAsync();
        var address = $"/api/calendar/connections/{id.Value}/held-deletions";

        var seen = (await member.Client.GetAsync(address)).Ok()["events"]!.AsArray();
        Assert.Equal(["canary-title-a", "canary-title-b"], seen.Select(e => (string)e!["title"]!).Order());
        Assert.All(seen, e => Assert.Equal("inbound", (string)e!["direction"]!));
        Assert.Equal(2, (int)(await member.Client.GetAsync($"/api/calendar/connections/{id.Value}")).Ok()["connection"]!["held_deletions"]!);
        (await member.Client.PostAsync(address, new { decision = "approve" })).Problem(403, "access_denied");
        (await stranger.Client.GetAsync(address)).Problem(404, "not_found");
        (await stranger.Client.PostAsync(address, new { decision = "approve" })).Problem(404, "not_found");
        Assert.Equal(["decision"], (await owner.Client.PostAsync(address, new { decision = "maybe" })).InvalidMembers());
        Assert.Equal(["decision"], (await owner.Client.PostAsync(address, new { })).InvalidMembers());

        Assert.Equal(2, (int)(await owner.Client.PostAsync(address, new { decision = "reject" })).Ok()["decided"]!);
        (await owner.Client.PostAsync(address, new { decision = "approve" })).Problem(409, "nothing_held");
        Assert.Empty((await owner.Client.GetAsync(address)).Ok()["events"]!.AsArray());
        Assert.True(await fixture.Database.QuerySingleAsync<bool>(
            "select sync_requested_at is distinct from sync_served_at from calendar_connections where id = @id", new { id = id.Value }));
    }

    [Fact]
    public async Task Of_two_decisions_at_once_one_counts()
    {
        var owner = await fixture.CreatePersonAsync();
        var id = await HoldAsync(owner, "canary-title");
        var address = $"/api/calendar/connections/{id.Value}/held-deletions";

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => owner.Client.PostAsync(address, new { decision = i % 2 == 0 ? "approve" : "reject" })));

        Assert.Single(answers, a => a.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(a => a.Status != HttpStatusCode.OK), a => a.Problem(409, "nothing_held"));
    }

    private async Task<ConnectionId> HoldAsync(Person owner, params string[] titles)
    {
        var id = await fixture.Database.CreateConnectionAsync(owner.Space, owner.User);
        foreach (var title in titles)
        {
            var happening = await fixture.Database.CreateEventAsync(owner.Space, title);
            var mapping = await fixture.Database.CreateMappingAsync(happening, id, "external-" + title);
            await fixture.Database.ExecuteAsync(
                """
                insert into calendar_held_deletions (connection_id, mapping_id, rowan_event_id, external_calendar_id, external_event_id, direction)
                values (@id, @mapping, @happening, 'calendar', 'external', 'inbound')
                """,
                new { id = id.Value, mapping, happening = happening.Value });
        }

        return id;
    }
}
