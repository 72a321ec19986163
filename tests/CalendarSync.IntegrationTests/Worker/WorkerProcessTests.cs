using CalendarSync.IntegrationTests.Fixtures;
using Npgsql;

namespace CalendarSync.IntegrationTests.Worker;

/// <summary>The worker as operators start it: a process with environment variables.</summary>
public sealed class WorkerProcessTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task Migrate_brings_an_empty_database_to_the_schema_says_what_it_did_and_ends_with_zero(string environment)
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        Dictionary<string, string> settings = new()
        {
            ["DOTNET_ENVIRONMENT"] = environment,
            ["ConnectionStrings__rowan"] = database.OwnerConnectionString,
            ["Database__ApiPassword"] = PostgresServer.HostPassword,
            ["Database__WorkerPassword"] = PostgresServer.HostPassword,
        };

        var (first, output) = await WorkerProcess.RunAsync(["migrate"], settings);
        var (second, repeated) = await WorkerProcess.RunAsync(["migrate"], settings);

        Assert.Equal(0, first);
        Assert.Contains("Applied migration", output);
        Assert.DoesNotContain(PostgresServer.HostPassword, output);
        Assert.Equal(0, second);
        Assert.Contains("0 were applied now", repeated);
        await using var worker = NpgsqlDataSource.Create(database.WorkerConnectionString);
        await using var login = await worker.OpenConnectionAsync(Cancellation);
    }

    [Fact]
    public async Task Migrate_waits_for_a_Postgres_that_is_still_starting()
    {
        await using var server = new PostgresServer();
        await using var database = await server.CreateEmptyDatabaseAsync();
        await server.StopAsync();
        await using var migrating = WorkerProcess.Start(["migrate"], new() { ["ConnectionStrings__rowan"] = database.OwnerConnectionString });
        await WorkerProcess.EventuallyAsync(() => Task.FromResult(migrating.Output.Contains("Waiting for Postgres")), migrating);

        await server.StartAsync();

        await WorkerProcess.EventuallyAsync(() => Task.FromResult(migrating.HasExited), migrating);
        Assert.Contains("Migrations are complete", migrating.Output);
    }

    [Fact]
    public async Task Migrate_with_a_wrong_password_fails_at_once_and_does_not_repeat_it()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        var wrong = new NpgsqlConnectionStringBuilder(database.OwnerConnectionString) { Password = "canary-password-wrong" };

        var (exitCode, output) = await WorkerProcess.RunAsync(["migrate"], new() { ["ConnectionStrings__rowan"] = wrong.ConnectionString });

        Assert.Equal(1, exitCode);
        Assert.DoesNotContain("canary", output);
    }

    [Fact]
    public async Task An_unknown_verb_lists_the_verbs()
    {
        var (exitCode, output) = await WorkerProcess.RunAsync(["migrat"], []);

        Assert.Equal(64, exitCode);
        Assert.Contains("migrate", output);
    }

    [Fact]
    public async Task In_Production_a_worker_without_a_key_does_not_start_and_says_why()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await redis.StartAsync();
        var settings = WorkerProcess.Settings(database, redis, ServerProcess.FreePort());
        settings["ENCRYPTION_KEY"] = "";

        var (exitCode, output) = await WorkerProcess.RunAsync([], settings);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("ENCRYPTION_KEY is not set", output);
    }

    [Fact]
    public async Task A_worker_becomes_healthy_and_stops_when_it_is_asked_to()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await redis.StartAsync();
        var port = ServerProcess.FreePort();
        await using var worker = WorkerProcess.Start([], WorkerProcess.Settings(database, redis, port));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        await WorkerProcess.EventuallyAsync(() => WorkerProcess.AnswersAsync(http, "/health"), worker);
        Assert.True(await WorkerProcess.AnswersAsync(http, "/alive"));
        Assert.Contains("Listening for changes", worker.Output);

        await worker.StopAsync(PosixSignalNumber.Terminate);
        Assert.DoesNotContain(" fail: ", worker.Output);
    }
}
