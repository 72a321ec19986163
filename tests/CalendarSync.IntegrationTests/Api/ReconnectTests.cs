using System.Collections.Immutable;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;
using Microsoft.Extensions.DependencyInjection;

namespace CalendarSync.IntegrationTests.Api;

public sealed class ReconnectTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private const string Server = "https://caldav.example.com/";
    private static readonly string[] ChosenIds = ["/work/", "/shared/"];

    [Theory]
    [InlineData("token_expired")]
    [InlineData("error")]
    [InlineData("active")]
    [InlineData("syncing")]
    public async Task A_new_password_is_tried_stored_and_used_at_once_and_nothing_else_is_lost(string status)
    {
        var (person, id, account) = await ConnectedAsync(status);
        var answer = (await ReconnectAsync(person, id, new { app_specific_password = $" {FakeProvider.GoodPassword} ", email = account.ToUpperInvariant() })).Ok();
        Assert.Equal(("active", true), ((string?)answer["connection"]!["sync_status"], answer["connection"]!["last_error_code"] is null));
        Assert.DoesNotContain(FakeProvider.GoodPassword, answer.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(FakeProvider.GoodPassword, await PasswordAsync(id));
        var asked = fixture.Provider.Asked.Single(candidate => candidate.AccountId == account);
        Assert.Equal((id, new Uri(Server)), (asked.ConnectionId, asked.ServerUrl));

        Assert.Equal("1 1 c1|manual 1 0 |True", await StateAsync(id));
    }

    [Fact]
    public async Task A_wrong_password_changes_nothing()
    {
        var (person, id, _) = await ConnectedAsync("token_expired");
        (await ReconnectAsync(person, id, new { app_specific_password = "wron-gpas-swor-dxxx" })).Problem(400, "invalid_credentials");
        Assert.Equal("old", await PasswordAsync(id));
        Assert.Equal("token_expired", await StatusAsync(id));
        Assert.Equal("1 1 c1| 0 3 test|False", await StateAsync(id));
    }

    [Theory]
    [InlineData(ProviderFault.Transient, "timeout", 400, "server_unreachable")]
    [InlineData(ProviderFault.RateLimited, "rate_limited", 503, "provider_rate_limited")]
    [InlineData(ProviderFault.Permanent, "address_not_allowed", 400, "address_not_allowed")]
    public async Task A_server_that_does_not_answer_changes_nothing(ProviderFault fault, string code, int status, string answered)
    {
        var (person, id, account) = await ConnectedAsync("token_expired");
        fixture.Provider.Fail(account, new ProviderException(fault, code, "In plain words."));
        (await ReconnectAsync(person, id, new { app_specific_password = FakeProvider.GoodPassword })).Problem(status, answered);
        Assert.Equal(("old", "token_expired"), (await PasswordAsync(id), await StatusAsync(id)));
    }

    [Fact]
    public async Task Another_account_is_refused_by_its_name_and_by_its_calendars()
    {
        var (person, id, account) = await ConnectedAsync("token_expired");
        (await ReconnectAsync(person, id, new { app_specific_password = FakeProvider.GoodPassword, email = "canary-other@example.com" })).Problem(409, "different_account");
        Assert.DoesNotContain(fixture.Provider.Asked, asked => asked.AccountId == account);

        fixture.Provider.Answer(account, _ => Task.FromResult<ImmutableArray<RemoteCalendar>>([new("/other/", "canary-calendar other")]));
        (await ReconnectAsync(person, id, new { app_specific_password = FakeProvider.GoodPassword, server_url = "https://other.example.com" })).Problem(409, "different_account");
        Assert.Equal(("old", "token_expired"), (await PasswordAsync(id), await StatusAsync(id)));
    }

    [Fact]
    public async Task A_server_that_has_moved_with_its_calendars_is_compared_in_full()
    {
        var (person, id, _) = await ConnectedAsync("error");
        (await ReconnectAsync(person, id, new { app_specific_password = FakeProvider.GoodPassword, server_url = "https://moved.example.com" })).Ok();
        Assert.Equal("https://moved.example.com/", await fixture.Database.QuerySingleAsync<string>("select server_url from calendar_connections where id = @id", new { id = id.Value }));
        Assert.Equal("1 1 |full 1 0 |True", await StateAsync(id));
    }

    [Theory]
    [InlineData("""{}""", "app_specific_password")]
    [InlineData("""{"app_specific_password":""}""", "app_specific_password")]
    [InlineData("""{"app_specific_password":7}""", "app_specific_password")]
    [InlineData("""{"app_specific_password":"not apple's form","server_url":"https://caldav.icloud.com"}""", "app_specific_password")]
    [InlineData("""{"app_specific_password":"x","server_url":"ftp://caldav.example.com"}""", "server_url")]
    public async Task An_invalid_request_is_refused_before_anything_is_asked(string body, string member)
    {
        var (person, id, account) = await ConnectedAsync("token_expired");
        Assert.Equal([member], (await person.Client.PostTextAsync($"/api/calendar/connections/{id.Value}/reconnect", body)).InvalidMembers());
        Assert.DoesNotContain(fixture.Provider.Asked, asked => asked.AccountId == account);
    }

    [Fact]
    public async Task Only_the_owner_and_those_who_run_the_space_may_and_others_do_not_even_try_a_password()
    {
        var (owner, id, account) = await ConnectedAsync("token_expired");
        var admin = await fixture.JoinAsync(owner.Space, "admin");
        var member = await fixture.JoinAsync(owner.Space);
        var stranger = await fixture.CreatePersonAsync();
        var body = new { app_specific_password = FakeProvider.GoodPassword };
        (await ReconnectAsync(member, id, body)).Problem(403, "access_denied");
        (await ReconnectAsync(stranger, id, body)).Problem(404, "not_found");
        (await ReconnectAsync(stranger, new ConnectionId(Guid.NewGuid()), body)).Problem(404, "not_found");
        Assert.DoesNotContain(fixture.Provider.Asked, asked => asked.AccountId == account);
        (await ReconnectAsync(admin, id, body)).Ok();
        Assert.Equal(FakeProvider.GoodPassword, await PasswordAsync(id));
    }

    [Fact]
    public async Task A_disconnected_connection_and_one_of_a_provider_that_is_not_there_yet_say_so()
    {
        var (person, id, _) = await ConnectedAsync("disconnected");
        (await ReconnectAsync(person, id, new { app_specific_password = FakeProvider.GoodPassword })).Problem(400, "connection_disconnected");
        var google = await fixture.Database.CreateConnectionAsync(person.Space, person.User, "google");
        (await ReconnectAsync(person, google, new { app_specific_password = FakeProvider.GoodPassword })).Problem(409, "coming_soon");
    }

    [Fact]
    public async Task Of_two_at_once_both_succeed_and_a_disconnect_meanwhile_wins()
    {
        var (person, id, account) = await ConnectedAsync("token_expired");
        var arrived = 0;
        var all = new TaskCompletionSource<ImmutableArray<RemoteCalendar>>();
        fixture.Provider.Answer(account, _ =>
        {
            if (Interlocked.Increment(ref arrived) == 2)
            {
                all.SetResult(FakeProvider.Calendars);
            }

            return all.Task;
        });
        var body = new { app_specific_password = FakeProvider.GoodPassword };
        Assert.All(await Task.WhenAll(ReconnectAsync(person, id, body), ReconnectAsync(person, id, body)), answer => answer.Ok());

        fixture.Provider.Answer(account, async _ =>
        {
            (await person.Client.DeleteAsync($"/api/calendar/disconnect/{id.Value}")).Ok();
            return FakeProvider.Calendars;
        });
        (await ReconnectAsync(person, id, body)).Problem(400, "connection_disconnected");
        Assert.Equal(0, await fixture.Database.QuerySingleAsync<long>("select count(*) from calendar_private.calendar_secrets where connection_id = @id", new { id = id.Value }));
    }

    [Fact]
    public async Task A_connect_of_the_same_account_remembers_which_calendars_were_chosen_and_of_another_one_does_not()
    {
        var person = await fixture.CreatePersonAsync();
        var email = $"canary-{Guid.NewGuid():N}@example.com";
        var id = await ConnectAsync(email);
        (await person.Client.PatchAsync($"/api/calendar/connections/{id}", new { calendar_ids = ChosenIds, target_calendar_id = "/work/" })).Ok();
        (await person.Client.DeleteAsync($"/api/calendar/disconnect/{id}")).Ok();

        Assert.Equal(id, await ConnectAsync(email));
        Assert.Equal("/home/ false false|/shared/ true false|/work/ true true", await CalendarsAsync(id));
        (await person.Client.DeleteAsync($"/api/calendar/disconnect/{id}")).Ok();

        await ConnectAsync($"canary-{Guid.NewGuid():N}@example.com");
        Assert.Equal("/home/ true true|/shared/ true false|/work/ true false", await CalendarsAsync(id));
        Assert.False(await fixture.Database.QuerySingleAsync<bool>("select calendars_chosen from calendar_connections where id = @id", new { id }));

        async Task<Guid> ConnectAsync(string account) => (Guid)(await person.Client.PostAsync(
            "/api/calendar/connect/apple",
            new { email = account, app_specific_password = FakeProvider.GoodPassword, space_id = person.Space.Value, server_url = Server })).Ok()["connection_id"]!;
    }

    private static Task<ApiAnswer> ReconnectAsync(Person person, ConnectionId id, object body) =>
        person.Client.PostAsync($"/api/calendar/connections/{id.Value}/reconnect", body);

    private async Task<(Person Person, ConnectionId Id, string Account)> ConnectedAsync(string status)
    {
        var person = await fixture.CreatePersonAsync();
        var account = $"canary-{Guid.NewGuid():N}@example.com";
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User, status: status, serverUrl: Server, account: account);
        await fixture.Database.CreateCalendarAsync(id, "/home/");
        await fixture.Database.CreateMappingAsync(await fixture.Database.CreateEventAsync(person.Space), id, "a", "/home/");
        await fixture.Database.StoreSecretAsync(
            id, "app_specific_password", fixture.Host.Services.GetRequiredService<SecretCipher>().Encrypt(id, SecretKind.AppSpecificPassword, "old"));
        await fixture.Database.ExecuteAsync(
            """
            update calendar_connection_calendars set cursor = 'c1' where connection_id = @id;
            update calendar_connections
            set consecutive_failures = 3, last_error_code = 'invalid_credentials', last_error_message = 'm', blocked_until = now() + interval '1 hour', lease_owner = 'test',
                lease_until = now() + interval '1 hour'
            where id = @id
            """,
            new { id = id.Value });
        return (person, id, account);
    }

    /// <summary>Mappings, queue and cursor | what was asked for, fence, failures and who has it | whether it is due.</summary>
    private Task<string> StateAsync(ConnectionId id) => fixture.Database.QuerySingleAsync<string>(
        """
        select (select count(*) from calendar_event_mappings m where m.connection_id = c.id) || ' ' || (select count(*) from calendar_sync_queue q where q.connection_id = c.id)
            || ' ' || (select coalesce(k.cursor, '') from calendar_connection_calendars k where k.connection_id = c.id)
            || '|' || coalesce(c.sync_requested_type::text, '') || ' ' || c.fence || ' ' || c.consecutive_failures || ' ' || coalesce(c.lease_owner, '')
            || '|' || case when c.next_sync_at <= now() and c.sync_requested_at is not null and c.blocked_until is null then 'True' else 'False' end
        from calendar_connections c where c.id = @id
        """,
        new { id = id.Value });

    private Task<string> StatusAsync(ConnectionId id) =>
        fixture.Database.QuerySingleAsync<string>("select sync_status::text from calendar_connections where id = @id", new { id = id.Value });

    private Task<string> CalendarsAsync(Guid id) => fixture.Database.QuerySingleAsync<string>(
        "select string_agg(external_calendar_id || ' ' || selected || ' ' || is_target, '|' order by external_calendar_id) from calendar_connection_calendars where connection_id = @id",
        new { id });

    private async Task<string> PasswordAsync(ConnectionId id) => fixture.Host.Services.GetRequiredService<SecretCipher>().Decrypt(
        id,
        SecretKind.AppSpecificPassword,
        await fixture.Database.QuerySingleAsync<string>("select ciphertext from calendar_private.calendar_secrets where connection_id = @id", new { id = id.Value }));
}
