using CalendarSync.IntegrationTests.Fixtures;
using CalendarSync.Worker.Demo;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace CalendarSync.IntegrationTests.Demo;

public sealed class DemoSeedTests(PostgresServer postgres, RadicaleServer radicale)
{
    private static readonly FakeTimeProvider Clock = new(new DateTimeOffset(2026, 3, 4, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_family_has_three_users_two_spaces_and_a_dozen_events_in_the_coming_weeks()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await SeedAsync(database, account: null);

        await using var connection = await database.Owner.OpenConnectionAsync(Cancellation);
        Assert.Equal(["amara@example.com", "ben@example.com", "chloe@example.com"], await connection.QueryAsync<string>("select email from public.users order by 1"));
        Assert.Equal(
            ["Lakeside carpool: amara@example.com admin, chloe@example.com owner", "The Okafor family: amara@example.com owner, ben@example.com member"],
            await connection.QueryAsync<string>(
                """
                select s.name || ': ' || string_agg(u.email || ' ' || m.role, ', ' order by u.email)
                from public.spaces s join public.space_members m on m.space_id = s.id join public.users u on u.id = m.user_id
                group by s.name order by 1
                """));
        Assert.Equal((12, 12, 3, 2), await connection.QuerySingleAsync<(int, int, int, int)>(
            """
            select count(*)::int,
                   count(*) filter (where start_time between @now and @now + interval '28 days' and end_time > start_time)::int,
                   count(*) filter (where all_day)::int,
                   count(distinct timezone)::int
            from public.events
            """,
            new { now = Clock.GetUtcNow().UtcDateTime }));
    }

    [Fact]
    public async Task A_second_start_adds_nothing_and_brings_nothing_back()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var account = await radicale.CreateAccountAsync();
        await SeedAsync(database, account);
        Assert.Equal(10, EventFiles(account).Length);
        File.Delete(EventFiles(account)[0]);
        await ExecuteAsync(database, "delete from public.events where title = 'Piano lesson'");

        await SeedAsync(database, account);

        Assert.Equal(9, EventFiles(account).Length);
        Assert.Equal(11, await CountAsync(database, "public.events"));
        Assert.Equal(3, await CountAsync(database, "auth.users"));
    }

    [Fact]
    public async Task A_start_that_died_while_it_filled_the_calendar_is_finished_by_the_next()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var account = await radicale.CreateAccountAsync();
        await SeedAsync(database, account);
        File.Delete(EventFiles(account)[0]);
        await ExecuteAsync(database, "delete from calendar_dev.seeded where what = 'calendar'");

        await SeedAsync(database, account);

        Assert.Equal(10, EventFiles(account).Length);
    }

    [Fact]
    public async Task Two_starts_at_once_make_one_family()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var account = await radicale.CreateAccountAsync();

        await Task.WhenAll(SeedAsync(database, account), SeedAsync(database, account));

        Assert.Equal(12, await CountAsync(database, "public.events"));
        Assert.Equal(10, EventFiles(account).Length);
    }

    [Fact]
    public async Task Only_the_api_may_call_the_development_functions()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await SeedAsync(database, account: null);

        foreach (var call in new[] { "select calendar_dev.family()", "select calendar_dev.sign_in('eve@example.com')" })
        {
            await using var api = database.Api.CreateCommand(call);
            Assert.IsType<string>(await api.ExecuteScalarAsync(Cancellation));

            await using var worker = database.Worker.CreateCommand(call);
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => worker.ExecuteScalarAsync(Cancellation))).SqlState);
        }

        await using var asUser = await database.ApiDatabase.BeginAsUserAsync(new(DemoFamily.Amara.Id), Cancellation);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => asUser.ExecuteAsync("select calendar_dev.sign_in('eve@example.com')", null, Cancellation));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    private static Task SeedAsync(TestDatabase database, RadicaleAccount? account)
    {
        var options = Options.Create(account is null
            ? new DemoOptions()
            : new DemoOptions { CalDavUrl = account.Server.Url, CalDavUser = account.Email, CalDavPassword = account.Password });
        var calendar = new DemoCalendar(new HttpClient(), options, TimeProvider.System);
        return new DemoSeed(database.Owner, calendar, Clock, NullLogger<DemoSeed>.Instance).RunAsync(Cancellation);
    }

    private static string[] EventFiles(RadicaleAccount account) => Directory.GetFiles(Path.Combine(account.StorageFolder, "family"), "*.ics");

    private static async Task<int> CountAsync(TestDatabase database, string table)
    {
        await using var connection = await database.Owner.OpenConnectionAsync(Cancellation);
        return await connection.ExecuteScalarAsync<int>($"select count(*)::int from {table}");
    }

    private static async Task ExecuteAsync(TestDatabase database, string sql)
    {
        await using var connection = await database.Owner.OpenConnectionAsync(Cancellation);
        await connection.ExecuteAsync(sql);
    }
}
