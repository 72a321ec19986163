using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace CalendarSync.EndToEndTests.LocalRuntime;

/// <summary>What one resource can expect of the runtime: order, health, variables, a new life after a crash.</summary>
public sealed class ResourceLifeTests : IAsyncLifetime
{
    private readonly IDistributedApplicationTestingBuilder _builder = DistributedApplicationTestingBuilder.Create();
    private DistributedApplication? _app;

    private string Data => _builder.Configuration["CALENDARSYNC_DATA"]!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        await _builder.DisposeAsync();
    }

    [Theory]
    [InlineData("$$")]
    [InlineData("$PPID")] // the shell that holds it on the leash
    public async Task A_service_that_dies_is_started_again_and_said_so(string victim)
    {
        var pids = Path.Combine(Data, "pids");
        Shell("mortal", $"echo {victim} >> {pids}; sleep 600");
        var app = await StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("mortal", Cancelled);
        var first = (await File.ReadAllLinesAsync(pids, Cancelled))[^1];

        using (var kill = System.Diagnostics.Process.Start("/bin/kill", ["-KILL", first]))
        {
            await kill.WaitForExitAsync(Cancelled);
        }

        await app.ResourceNotifications.WaitForResourceAsync("mortal", KnownResourceStates.Exited, Cancelled);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("mortal", Cancelled);
        Assert.NotEqual(first, (await File.ReadAllLinesAsync(pids, Cancelled))[^1]);
        Assert.Contains("mortal: ended with exit code 137; starting it again in 0.5 s", await OutputAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resource_that_fails_to_start_tells_its_last_words_to_whoever_waits()
    {
        Shell("broken", "echo out of cheese; exit 3");
        var app = await StartAsync();

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.ResourceNotifications.WaitForResourceHealthyAsync("broken", Cancelled));

        Assert.Contains("exit code 3", failure.Message, StringComparison.Ordinal);
        Assert.Contains("out of cheese", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_a_failure_to_start()
    {
        _builder.AddExecutable("missing", "no-such-program", ".");
        var app = await StartAsync();

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.ResourceNotifications.WaitForResourceHealthyAsync("missing", Cancelled));

        Assert.Contains("no-such-program", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_for_a_task_starts_after_its_end_and_not_at_all_when_it_fails()
    {
        var order = Path.Combine(Data, "order");
        var good = Shell("good", $"sleep 0.3; echo good >> {order}");
        var bad = Shell("bad", "exit 1");
        Shell("happy", $"echo happy >> {order}; sleep 600").WaitForCompletion(good);
        Shell("sad", $"echo sad >> {order}; sleep 600").WaitForCompletion(bad);
        var app = await StartAsync();

        await app.ResourceNotifications.WaitForResourceHealthyAsync("happy", Cancelled);
        await app.ResourceNotifications.WaitForResourceAsync("good", KnownResourceStates.Finished, Cancelled);
        await app.ResourceNotifications.WaitForResourceAsync("bad", KnownResourceStates.FailedToStart, Cancelled);
        await app.ResourceNotifications.WaitForResourceAsync("sad", KnownResourceStates.FailedToStart, Cancelled);

        Assert.Equal(["good", "happy"], await File.ReadAllLinesAsync(order, Cancelled));
    }

    [Fact]
    public async Task Those_who_depend_on_others_are_stopped_first()
    {
        var order = Path.Combine(Data, "order");
        var kept = Path.Combine(Path.GetTempPath(), $"order-{Guid.NewGuid():N}");
        var floor = Shell("floor", $"trap 'echo floor >> {order}; cp {order} {kept}; exit 0' TERM; while :; do sleep 0.05; done");
        Shell("table", $"trap 'sleep 0.3; echo table >> {order}; exit 0' TERM; while :; do sleep 0.05; done").WaitFor(floor);
        var app = await StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("table", Cancelled);

        await app.StopAsync(Cancelled);

        Assert.Equal(["table", "floor"], await File.ReadAllLinesAsync(kept, Cancelled));
        File.Delete(kept);
    }

    [Fact]
    public async Task A_service_that_is_not_ready_yet_is_asked_to_stop_like_any_other()
    {
        var kept = Path.Combine(Path.GetTempPath(), $"last-words-{Guid.NewGuid():N}");
        var begun = Path.Combine(Data, "begun");
        Shell("slow", $"trap 'echo bye > {kept}; exit 0' TERM; touch {begun}; while :; do sleep 0.05; done")
            .WithHttpEndpoint(name: "http")
            .WithHttpHealthCheck("/");
        var app = await StartAsync();
        await Eventually.BecomesAsync(() => File.Exists(begun), exists => exists, TimeSpan.FromSeconds(60), "the service has begun");

        await app.StopAsync(Cancelled);

        Assert.Equal("bye", (await File.ReadAllTextAsync(kept, Cancelled)).Trim());
        File.Delete(kept);
    }

    [Fact]
    public async Task A_process_finds_the_variables_that_Aspire_would_give_it()
    {
        var password = _builder.AddParameter("password", () => "canary-password", secret: true);
        var rowan = _builder.AddPostgres("postgres", password: password).WithDataVolume("postgres").AddDatabase("rowan");
        var redis = _builder.AddRedis("redis", password: password);
        var api = Python("cozi-bridge");
        var printed = Path.Combine(Data, "printed");

        // Not a shell: it would forget the variables with a dash in their name.
        _builder.AddExecutable("printer", "/usr/bin/python3", ".", "-c", $"import os, time; open('{printed}', 'w').write('\\n'.join(f'{{k}}={{v}}' for k, v in os.environ.items())); time.sleep(600)")
            .WithReference(rowan)
            .WithReference(redis)
            .WithReference(api.GetEndpoint("http"))
            .WithEnvironment("PLAIN", "value")
            .WithEnvironment("SECRET", password)
            .WithEnvironment("ADDRESS", ReferenceExpression.Create($"at {api.GetEndpoint("http").Property(EndpointProperty.Port)}"))
            .WaitFor(rowan)
            .WaitFor(redis)
            .WaitFor(api);
        var app = await StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("printer", Cancelled);

        var variables = (await File.ReadAllLinesAsync(printed, Cancelled))
            .Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
        var url = app.GetEndpoint("cozi-bridge");
        var address = url.ToString().TrimEnd('/');
        var postgresPort = variables["ROWAN_PORT"];
        var redisPort = variables["REDIS_PORT"];
        Assert.Equal($"Host=127.0.0.1;Port={postgresPort};Username=postgres;Password=canary-password;Database=rowan", variables["ConnectionStrings__rowan"]);
        Assert.Equal(variables["ConnectionStrings__rowan"], await app.GetConnectionStringAsync("rowan", Cancelled));
        Assert.Equal("127.0.0.1", variables["ROWAN_HOST"]);
        Assert.Equal("postgres", variables["ROWAN_USERNAME"]);
        Assert.Equal("canary-password", variables["ROWAN_PASSWORD"]);
        Assert.Equal("rowan", variables["ROWAN_DATABASENAME"]);
        Assert.Equal($"postgresql://postgres:canary-password@127.0.0.1:{postgresPort}/rowan", variables["ROWAN_URI"]);
        Assert.Equal($"127.0.0.1:{redisPort},password=canary-password", variables["ConnectionStrings__redis"]);
        Assert.Equal("127.0.0.1", variables["REDIS_HOST"]);
        Assert.Equal("canary-password", variables["REDIS_PASSWORD"]);
        Assert.Equal($"redis://:canary-password@127.0.0.1:{redisPort}", variables["REDIS_URI"]);
        Assert.Equal(address, variables["services__cozi-bridge__http__0"]);
        Assert.Equal(address, variables["COZI_BRIDGE_HTTP"]);
        Assert.Equal("value", variables["PLAIN"]);
        Assert.Equal("canary-password", variables["SECRET"]);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"at {url.Port}"), variables["ADDRESS"]);
        Assert.DoesNotContain("canary-password", await OutputAsync(), StringComparison.Ordinal);
    }

    private IResourceBuilder<ExecutableResource> Shell(string name, string script) => _builder.AddExecutable(name, "/bin/sh", ".", "-c", script);

    private IResourceBuilder<ExecutableResource> Python(string name) =>
        _builder.AddExecutable(name, "/bin/sh", Data, "-c", "exec python3 -m http.server $PORT --bind localhost")
            .WithHttpEndpoint(name: "http", env: "PORT")
            .WithHttpHealthCheck("/");

    private async Task<DistributedApplication> StartAsync()
    {
        _app = await _builder.BuildAsync(Cancelled);
        await _app.StartAsync(Cancelled);
        return _app;
    }

    private async Task<string> OutputAsync()
    {
        await using var file = new FileStream(Path.Combine(Data, "output.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(Cancelled);
    }
}
