namespace CalendarSync.IntegrationTests.Api;

public sealed class NotificationTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Notices_are_newest_first_and_can_be_marked_as_read()
    {
        var person = await fixture.CreatePersonAsync();
        var old = await TellAsync(person, "canary-notice-old", minutesAgo: 2);
        var recent = await TellAsync(person, "canary-notice-new", minutesAgo: 1);

        var all = (await person.Client.GetAsync("/api/notifications")).Ok();
        Assert.Equal([recent, old], all["notifications"]!.AsArray().Select(n => (Guid)n!["id"]!));
        Assert.Equal((2, false), ((int)all["unread_count"]!, (bool)all["has_more"]!));
        Assert.Equal("canary-notice-new", (string?)all["notifications"]![0]!["title"]);

        var read = (await person.Client.PostAsync($"/api/notifications/{recent}/read")).Ok()["notification"]!;
        var again = (await person.Client.PostAsync($"/api/notifications/{recent}/read")).Ok()["notification"]!;
        Assert.True((bool?)read["is_read"]);
        Assert.Equal((string?)read["read_at"], (string?)again["read_at"]);

        var unread = (await person.Client.GetAsync("/api/notifications?unread=true")).Ok();
        Assert.Equal([old], unread["notifications"]!.AsArray().Select(n => (Guid)n!["id"]!));
        Assert.Equal(1, (int?)unread["unread_count"]);
        var page = (await person.Client.GetAsync("/api/notifications?limit=1&offset=0")).Ok();
        Assert.Equal((1, true), (page["notifications"]!.AsArray().Count, (bool)page["has_more"]!));
    }

    [Fact]
    public async Task Nobody_sees_or_marks_the_notices_of_others()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await TellAsync(person, "canary-notice");
        var member = (await fixture.JoinAsync(person.Space, "admin")).Client;

        Assert.Empty((await member.GetAsync("/api/notifications")).Ok()["notifications"]!.AsArray());
        (await member.PostAsync($"/api/notifications/{id}/read")).Problem(404, "not_found");
        (await member.PostAsync($"/api/notifications/{Guid.NewGuid()}/read")).Problem(404, "not_found");
        Assert.False(await fixture.Database.QuerySingleAsync<bool>("select is_read from in_app_notifications where id = @id", new { id }));
    }

    [Theory]
    [InlineData("unread=perhaps", "unread")]
    [InlineData("limit=0", "limit")]
    [InlineData("offset=-1", "offset")]
    public async Task An_invalid_question_is_refused(string query, string member)
    {
        var person = await fixture.CreatePersonAsync();
        Assert.Equal([member], (await person.Client.GetAsync("/api/notifications?" + query)).InvalidMembers());
    }

    private Task<Guid> TellAsync(Person person, string title, int minutesAgo = 0) => fixture.Database.QuerySingleAsync<Guid>(
        """
        insert into in_app_notifications (user_id, type, title, content, created_at)
        values (@user, 'event', @title, 'canary', now() - make_interval(mins => @minutesAgo)) returning id
        """,
        new { user = person.User.Value, title, minutesAgo });
}
