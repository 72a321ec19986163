using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>One host with one database for the tests of a class; each test has users and spaces of its own.</summary>
public sealed class ApiFixture(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
{
    private ApiHost? _host;
    private TestDatabase? _database;

    public TestDatabase Database => _database!;

    internal ApiHost Host => _host!;

    internal FakeProvider Provider { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await redis.StartAsync();
        _database = await postgres.CreateDatabaseAsync();
        _host = new ApiHost(_database, redis.ConnectionString, services: ApiHost.Using(Provider));
        _host.StartServer();
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    /// <summary>A user, and a space that they own.</summary>
    internal async Task<Person> CreatePersonAsync()
    {
        var user = await Database.CreateUserAsync();
        return new Person(user, await Database.CreateSpaceAsync(user), Host.For(user));
    }

    /// <summary>Another member of a space.</summary>
    internal async Task<Person> JoinAsync(SpaceId space, string role = "member")
    {
        var user = await Database.CreateUserAsync();
        await Database.AddMemberAsync(space, user, role);
        return new Person(user, space, Host.For(user));
    }
}

/// <summary>Somebody with a client.</summary>
internal sealed record Person(UserId User, SpaceId Space, ApiClient Client);
