using System.Globalization;
using Aspire.Hosting;

// The first argument names what is different from a system that simply runs.
var scene = args[0];
var builder = DistributedApplication.CreateBuilder(args[1..]);
var password = builder.AddParameter("password", () => "not-a-secret-in-a-test", secret: true);
var postgres = builder.AddPostgres("postgres", password: password).WithDataVolume("postgres");
var rowan = postgres.AddDatabase("rowan");
var redis = builder.AddRedis("redis", password: password);

// A process with a child of its own, which nobody but its group knows.
var service = builder.AddExecutable("service", "/bin/sh", ".", "-c", "sleep 600 & sleep 600")
    .WithReference(rowan)
    .WaitFor(rowan)
    .WaitFor(redis);
if (builder.Configuration["PORT"] is { } port)
{
    builder.AddExecutable("small-door", "/usr/bin/python3", ".", "-m", "http.server", port, "--bind", "localhost")
        .WithHttpEndpoint(port: int.Parse(port, CultureInfo.InvariantCulture), name: "http")
        .WithExternalHttpEndpoints()
        .WithHttpHealthCheck("/");
}

if (scene == "broken")
{
    builder.AddExecutable("broken", "/bin/sh", ".", "-c", "echo out of cheese; exit 3").WaitFor(service);
}

builder.Build().Run();
