using CalendarSync.Web.Api;
using CalendarSync.Web.Forwarding;
using CalendarSync.Web.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace CalendarSync.UnitTests.Web;

public sealed class SessionTests
{
    private static readonly Session Amara = new("secret-token", new Person(Guid.NewGuid(), "amara@example.com", "Amara"), []);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void A_session_is_found_by_its_key_until_it_ends()
    {
        var store = new SessionStore(_clock);
        var key = store.Add(Amara);
        _clock.Advance(SessionStore.Lifetime - TimeSpan.FromSeconds(1));
        Assert.Same(Amara, store.Find(key));

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(store.Find(key));
    }

    [Fact]
    public void A_session_that_was_signed_out_is_gone()
    {
        var store = new SessionStore(_clock);
        var key = store.Add(Amara);
        store.Remove(key);

        Assert.Null(store.Find(key));
    }

    [Fact]
    public void Nobody_is_signed_in_by_no_key_or_by_a_wrong_one()
    {
        var store = new SessionStore(_clock);
        store.Add(Amara);

        Assert.Null(store.Find(null));
        Assert.Null(store.Find(""));
        Assert.Null(store.Find("guess"));
    }

    [Fact]
    public void Two_sessions_of_one_person_have_different_keys_of_256_bits()
    {
        var store = new SessionStore(_clock);
        var (one, other) = (store.Add(Amara), store.Add(Amara));

        Assert.NotEqual(one, other);
        Assert.Equal(43, one.Length);
    }

    [Fact]
    public void A_session_in_a_log_does_not_show_its_token_or_address()
    {
        Assert.DoesNotContain("secret-token", $"{Amara}", StringComparison.Ordinal);
        Assert.DoesNotContain("amara@", $"{Amara}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forwarded_request_carries_the_token_and_none_of_this_front_ends_cookies()
    {
        using var forwarded = await ForwardAsync("calendarsync.session=key; cs_oauth=a%20b=; calendarsync.form=x", "secret-token");

        Assert.Equal("Bearer secret-token", forwarded.Headers.Authorization?.ToString());
        Assert.Equal(["cs_oauth=a%20b="], forwarded.Headers.GetValues("Cookie"));
        Assert.Null(forwarded.Headers.Host);
    }

    [Fact]
    public async Task A_forwarded_request_without_a_session_gets_no_token()
    {
        using var forwarded = await ForwardAsync("calendarsync.session=key", token: null);

        Assert.Null(forwarded.Headers.Authorization);
        Assert.False(forwarded.Headers.Contains("Cookie"));
    }

    private static async Task<HttpRequestMessage> ForwardAsync(string cookies, string? token)
    {
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.Path, context.Request.Host) = ("GET", "/api/calendar/providers", new HostString("localhost:5081"));
        context.Request.Headers.Cookie = cookies;
        var request = new HttpRequestMessage();
        await new SessionTransformer(token).TransformRequestAsync(context, request, "http://api", TestContext.Current.CancellationToken);
        return request;
    }
}
