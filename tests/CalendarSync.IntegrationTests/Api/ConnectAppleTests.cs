using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;
using Microsoft.Extensions.DependencyInjection;

namespace CalendarSync.IntegrationTests.Api;

public sealed class ConnectAppleTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private const string Path = "/api/calendar/connect/apple";

    [Fact]
    public async Task A_connect_tries_the_credentials_stores_them_encrypted_and_asks_for_the_first_sync()
    {
        var person = await fixture.CreatePersonAsync();
        var answer = (await person.Client.PostAsync(Path, Body(person, out var email, direction: "inbound_only", server: "https://caldav.example.com/dav"))).Ok();

        Assert.True((bool?)answer["success"]);
        Assert.Equal(
            [("/shared/", true), ("/home/", false), ("/work/", false)],
            answer["calendars"]!.AsArray().Select(calendar => ((string)calendar!["url"]!, (bool)calendar["read_only"]!)));
        var home = answer["calendars"]![1]!;
        Assert.Equal(
            ("canary-calendar home", "c1", "t1", "#FF0000", "Europe/Berlin"),
            ((string?)home["displayName"], (string?)home["ctag"], (string?)home["syncToken"], (string?)home["color"], (string?)home["timezone"]));
        Assert.DoesNotContain(FakeProvider.GoodPassword, answer.ToJsonString(), StringComparison.Ordinal);

        var id = (Guid)answer["connection_id"]!;
        var asked = fixture.Provider.Asked.Single(account => account.AccountId == email);
        Assert.Equal((id, person.Space, new Uri("https://caldav.example.com/dav")), (asked.ConnectionId.Value, asked.SpaceId, asked.ServerUrl));
        var row = await fixture.Database.QuerySingleAsync<(Guid User, string Account, string Status, string Direction, string Server, string Type, bool Requested)>(
            """
            select user_id, provider_account_id, sync_status::text, sync_direction::text, server_url, sync_requested_type::text, sync_requested_at is not null
            from calendar_connections where id = @id
            """,
            new { id });
        Assert.Equal((person.User.Value, email, "active", "inbound_only", "https://caldav.example.com/dav", "full", true), row);
        var calendars = await fixture.Database.QueryAsync<(string Id, bool Selected, bool Target)>(
            "select external_calendar_id, selected, is_target from calendar_connection_calendars where connection_id = @id order by 1", new { id });
        Assert.Equal([("/home/", true, true), ("/shared/", true, false), ("/work/", true, false)], calendars);

        var (type, envelope) = await fixture.Database.QuerySingleAsync<(string, string)>(
            "select token_type, ciphertext from calendar_private.calendar_secrets where connection_id = @id", new { id });
        Assert.Equal("app_specific_password", type);
        Assert.DoesNotContain(FakeProvider.GoodPassword, envelope, StringComparison.Ordinal);
        var cipher = fixture.Host.Services.GetRequiredService<SecretCipher>();
        Assert.Equal(FakeProvider.GoodPassword, cipher.Decrypt(new ConnectionId(id), SecretKind.AppSpecificPassword, envelope));
    }

    [Theory]
    [InlineData("email", null, "email")]
    [InlineData("email", "amara", "email")]
    [InlineData("email", "am:ara@example.com", "email")]
    [InlineData("app_specific_password", null, "app_specific_password")]
    [InlineData("app_specific_password", "my-apple-password", "app_specific_password")]
    [InlineData("app_specific_password", "abcd-efgh-ijkl-mno1", "app_specific_password")]
    [InlineData("space_id", null, "space_id")]
    [InlineData("space_id", "family", "space_id")]
    [InlineData("sync_direction", "sideways", "sync_direction")]
    [InlineData("server_url", "caldav.example.com", "server_url")]
    [InlineData("server_url", "ftp://caldav.example.com", "server_url")]
    [InlineData("server_url", "https://amara:secret@caldav.example.com", "server_url")]
    [InlineData("server_url", "/etc/passwd", "server_url")]
    public async Task An_invalid_request_is_refused_before_anything_is_asked(string member, string? value, string wrong)
    {
        var person = await fixture.CreatePersonAsync();
        var body = Body(person, out var email);
        body[member] = value;
        Assert.Equal([wrong], (await person.Client.PostAsync(Path, body)).InvalidMembers());
        Assert.DoesNotContain(fixture.Provider.Asked, account => account.AccountId == email);
    }

    [Fact]
    public async Task Another_server_than_Apples_takes_any_user_name_and_password()
    {
        var person = await fixture.CreatePersonAsync();
        var body = Body(person, out _, server: "https://caldav.example.com");
        body["email"] = $"amara{person.User.Value:N}";
        (await person.Client.PostAsync(Path, body)).Ok();
        body["app_specific_password"] = "not apple's form";
        body["space_id"] = (await fixture.Database.CreateSpaceAsync(person.User)).Value;
        (await person.Client.PostAsync(Path, body)).Problem(400, "invalid_credentials");
    }

    [Theory]
    [InlineData(ProviderFault.AuthExpired, "invalid_credentials", 400, "invalid_credentials")]
    [InlineData(ProviderFault.Transient, "timeout", 400, "server_unreachable")]
    [InlineData(ProviderFault.Transient, "server_unreachable", 400, "server_unreachable")]
    [InlineData(ProviderFault.Permanent, "address_not_allowed", 400, "address_not_allowed")]
    [InlineData(ProviderFault.Permanent, "not_a_calendar_server", 400, "not_a_calendar_server")]
    [InlineData(ProviderFault.Permanent, "request_refused", 400, "not_a_calendar_server")]
    [InlineData(ProviderFault.Gone, "calendar_gone", 400, "not_a_calendar_server")]
    [InlineData(ProviderFault.RateLimited, "rate_limited", 503, "provider_rate_limited")]
    public async Task What_the_server_says_is_told_in_plain_words_and_nothing_is_stored(ProviderFault fault, string code, int status, string answered)
    {
        var person = await fixture.CreatePersonAsync();
        var body = Body(person, out var email);
        fixture.Provider.Fail(email, new ProviderException(fault, code, "In plain words."));
        Assert.Equal("In plain words.", (string?)(await person.Client.PostAsync(Path, body)).Problem(status, answered)["error"]);
        Assert.Equal(0, await fixture.Database.QuerySingleAsync<long>("select count(*) from calendar_connections where user_id = @user", new { user = person.User.Value }));
    }

    [Fact]
    public async Task A_wrong_password_is_said_to_be_one()
    {
        var person = await fixture.CreatePersonAsync();
        var body = Body(person, out _);
        body["app_specific_password"] = "abcd-efgh-ijkl-mnop";
        (await person.Client.PostAsync(Path, body)).Problem(400, "invalid_credentials");
    }

    [Fact]
    public async Task An_account_without_calendars_is_not_connected()
    {
        var person = await fixture.CreatePersonAsync();
        var body = Body(person, out var email);
        fixture.Provider.Answer(email, _ => Task.FromResult(ImmutableArray<RemoteCalendar>.Empty));
        (await person.Client.PostAsync(Path, body)).Problem(400, "no_calendars");
    }

    [Fact]
    public async Task A_space_of_others_cannot_be_connected()
    {
        var person = await fixture.CreatePersonAsync();
        var stranger = await fixture.CreatePersonAsync();
        var body = Body(person, out var email);
        body["space_id"] = stranger.Space.Value;
        (await person.Client.PostAsync(Path, body)).Problem(403, "space_access_denied");
        Assert.DoesNotContain(fixture.Provider.Asked, account => account.AccountId == email);
    }

    [Fact]
    public async Task A_second_connect_is_told_which_connection_exists()
    {
        var person = await fixture.CreatePersonAsync();
        var first = (await person.Client.PostAsync(Path, Body(person, out _))).Ok();
        var problem = (await person.Client.PostAsync(Path, Body(person, out _))).Problem(409, "already_connected");
        Assert.Equal((Guid?)first["connection_id"], (Guid?)problem["existing_connection_id"]);
        Assert.Equal("active", (string?)problem["connection_status"]);
        Assert.Equal("Apple Calendar is already connected to this space.", (string?)problem["error"]);
    }

    [Fact]
    public async Task Of_many_connects_at_once_one_wins_and_the_others_are_told()
    {
        var person = await fixture.CreatePersonAsync();
        var body = Body(person, out var email);
        var arrived = 0;
        var all = new TaskCompletionSource<ImmutableArray<RemoteCalendar>>();
        fixture.Provider.Answer(email, _ =>
        {
            if (Interlocked.Increment(ref arrived) == 5)
            {
                all.SetResult(FakeProvider.Calendars);
            }

            return all.Task;
        });
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => person.Client.PostAsync(Path, body)));
        var id = (Guid?)answers.Single(answer => answer.Status == HttpStatusCode.OK).Json["connection_id"];
        foreach (var late in answers.Where(answer => answer.Status != HttpStatusCode.OK))
        {
            Assert.Equal(id, (Guid?)late.Problem(409, "already_connected")["existing_connection_id"]);
        }
    }

    [Fact]
    public async Task A_disconnected_calendar_is_revived_under_its_old_id()
    {
        var person = await fixture.CreatePersonAsync();
        var first = (Guid)(await person.Client.PostAsync(Path, Body(person, out _))).Ok()["connection_id"]!;
        (await person.Client.DeleteAsync($"/api/calendar/disconnect/{first}")).Ok();
        var again = (Guid)(await person.Client.PostAsync(Path, Body(person, out var email))).Ok()["connection_id"]!;
        Assert.Equal(first, again);
        var connection = (await person.Client.GetAsync($"/api/calendar/connections/{again}")).Ok()["connection"]!;
        Assert.Equal(("active", email), ((string?)connection["sync_status"], (string?)connection["provider_account_id"]));
        var envelope = await fixture.Database.QuerySingleAsync<string>("select ciphertext from calendar_private.calendar_secrets where connection_id = @again", new { again });
        Assert.Equal(FakeProvider.GoodPassword, fixture.Host.Services.GetRequiredService<SecretCipher>().Decrypt(new ConnectionId(again), SecretKind.AppSpecificPassword, envelope));
    }

    private static JsonObject Body(Person person, out string email, string? direction = null, string? server = null)
    {
        email = $"canary-{Guid.NewGuid():N}@example.com";
        var body = new JsonObject { ["email"] = email, ["app_specific_password"] = FakeProvider.GoodPassword, ["space_id"] = person.Space.Value };
        if (direction is not null)
        {
            body["sync_direction"] = direction;
        }

        if (server is not null)
        {
            body["server_url"] = server;
        }

        return body;
    }
}
