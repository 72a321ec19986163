using CalendarSync.IntegrationTests.Fixtures;
using CalendarSync.Worker.Demo;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CalendarSync.IntegrationTests.Api;

public sealed class DevelopmentTests(ApiFixture fixture, RedisServer redis) : IClassFixture<ApiFixture>
{
    private static readonly (string Method, string Path)[] Routes =
        [("GET", "/dev/family"), ("POST", "/dev/token"), ("POST", $"/dev/spaces/{DemoFamily.Okafors.Id}/members")];

    [Fact]
    public async Task Somebody_of_the_family_signs_in_and_sees_their_spaces()
    {
        await SeedAsync();
        var answer = (await fixture.Host.Anonymous().PostAsync("/dev/token", new { email = "Amara@Example.com" })).Ok();

        Assert.Equal(DemoFamily.Amara.Id, (Guid?)answer["user"]!["id"]);
        Assert.Equal("amara@example.com", (string?)answer["user"]!["email"]);
        Assert.Equal(["The Okafor family owner", "Lakeside carpool admin"], answer["spaces"]!.AsArray().Select(s => $"{s!["name"]} {s["role"]}"));
        var events = (await fixture.Host.WithToken((string)answer["access_token"]!).GetAsync($"/api/calendar?space_id={DemoFamily.Okafors.Id}")).Ok();
        Assert.NotEmpty(events["data"]!.AsArray());
    }

    [Fact]
    public async Task An_unknown_address_becomes_one_user_with_one_space_however_often_and_at_once_it_signs_in()
    {
        await SeedAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => fixture.Host.Anonymous().PostAsync("/dev/token", new { email = "dora.smith@example.com" })));

        Assert.Single(answers.Select(answer => (Guid?)answer.Ok()["user"]!["id"]).Distinct());
        Assert.Equal("Dora Smith", (string?)answers[0].Json["user"]!["name"]);
        Assert.Equal("owner", (string?)Assert.Single(answers[0].Json["spaces"]!.AsArray())!["role"]);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"email":""}""")]
    [InlineData("""{"email":"nobody"}""")]
    [InlineData("""{"email":"a b@example.com"}""")]
    [InlineData("""{"email":"a@b@example.com"}""")]
    public async Task What_is_no_address_cannot_sign_in(string body)
    {
        Assert.Equal(["email"], (await fixture.Host.Anonymous().PostTextAsync("/dev/token", body)).InvalidMembers());
    }

    [Fact]
    public async Task The_family_is_listed_with_its_members()
    {
        await SeedAsync();
        var family = (await fixture.Host.Anonymous().GetAsync("/dev/family")).Ok();

        Assert.Equal(DemoFamily.Spaces.Select(s => s.Name), family["spaces"]!.AsArray().Select(s => (string?)s!["name"]));
        Assert.Superset(DemoFamily.Users.Select(u => u.Email).ToHashSet(), family["users"]!.AsArray().Select(u => (string)u!["email"]!).ToHashSet());
    }

    [Fact]
    public async Task A_member_who_is_added_sees_the_space_and_a_second_time_changes_the_role()
    {
        await SeedAsync();
        var path = $"/dev/spaces/{DemoFamily.Carpool.Id}/members";
        var anonymous = fixture.Host.Anonymous();

        (await anonymous.PostAsync(path, new { email = "finn@example.com", role = "member" })).Ok();
        var again = (await anonymous.PostAsync(path, new { email = "finn@example.com", role = "admin" })).Ok();

        Assert.Contains("Lakeside carpool admin", again["spaces"]!.AsArray().Select(s => $"{s!["name"]} {s["role"]}"));
    }

    [Fact]
    public async Task Nobody_is_added_to_a_space_that_does_not_exist_or_in_a_role_that_does_not()
    {
        await SeedAsync();
        var anonymous = fixture.Host.Anonymous();

        (await anonymous.PostAsync($"/dev/spaces/{Guid.NewGuid()}/members", new { email = "gil@example.com", role = "member" })).Problem(404, "not_found");
        var refused = await anonymous.PostAsync($"/dev/spaces/{DemoFamily.Carpool.Id}/members", new { email = "gil@example.com", role = "king" });
        Assert.Equal(["role"], refused.InvalidMembers());
    }

    [Theory]
    [InlineData("Production", "SUPABASE_JWT_SECRET", "0123456789abcdef0123456789abcdef")]
    [InlineData("Development", "SUPABASE_JWT_SECRET", "0123456789abcdef0123456789abcdef")]
    [InlineData("Development", "SUPABASE_URL", "https://project.supabase.example")]
    public async Task Where_real_users_are_the_development_addresses_do_not_exist(string environment, string name, string value)
    {
        await SeedAsync();
        await using var host = new ApiHost(
            fixture.Database, redis.ConnectionString, new() { ["environment"] = environment, [name] = value }, ApiHost.Using(fixture.Provider));
        host.StartServer();
        var anonymous = host.Anonymous();

        foreach (var (method, path) in Routes)
        {
            var answer = method == "GET" ? await anonymous.GetAsync(path) : await anonymous.PostAsync(path, new { email = "amara@example.com", role = "owner" });
            answer.Problem(404, "not_found");
        }
    }

    [Fact]
    public async Task The_development_addresses_are_documented_where_they_exist()
    {
        var document = await fixture.Host.Anonymous().GetAsync("/openapi/v1.json");

        Assert.Equal(
            ["/dev/family", "/dev/spaces/{id}/members", "/dev/token"],
            document.Json["paths"]!.AsObject().Select(path => path.Key).Where(path => path.StartsWith("/dev", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_database_without_the_demo_says_how_to_get_it()
    {
        await using var host = new ApiHost(fixture.Database, redis.ConnectionString, services: ApiHost.Using(fixture.Provider));
        host.StartServer();
        await using (var connection = await fixture.Database.Owner.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            await using var drop = new Npgsql.NpgsqlCommand("drop schema if exists calendar_dev cascade", connection);
            await drop.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        (await host.Anonymous().GetAsync("/dev/family")).Problem(503, "demo_not_seeded");
    }

    private Task SeedAsync() => new DemoSeed(
            fixture.Database.Owner,
            new DemoCalendar(new HttpClient(), Options.Create(new DemoOptions()), TimeProvider.System),
            TimeProvider.System,
            NullLogger<DemoSeed>.Instance)
        .RunAsync(TestContext.Current.CancellationToken);
}
