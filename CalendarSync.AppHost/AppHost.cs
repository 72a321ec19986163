using CalendarSync.AppHost;

var builder = DistributedApplication.CreateBuilder(args);
var settings = AppHostSettings.Read(builder);

// Where it can be published to. An emptyDir would lose the database with its pod.
builder.AddDockerComposeEnvironment("compose");
builder.AddKubernetesEnvironment("k8s").WithProperties(k8s => k8s.DefaultStorageType = "pvc");

var postgresPassword = builder.AddSecret("postgres-password");
var apiPassword = builder.AddSecret("api-db-password");
var workerPassword = builder.AddSecret("worker-db-password");
var redisPassword = builder.AddSecret("redis-password");
var encryptionKey = builder.AddSecret("encryption-key", "ENCRYPTION_KEY");
var cronSecret = builder.AddSecret("cron-secret", "CRON_SECRET");

var postgres = builder.AddPostgres("postgres", password: postgresPassword).WithDataVolume("calendarsync-postgres");
var rowan = postgres.AddDatabase("rowan");
var redis = builder.AddRedis("redis", password: redisPassword);

// Runs and ends. It owns the schema and gives the two hosts their own logins.
var migrations = builder.AddProject<Projects.CalendarSync_Worker>("migrations", launchProfileName: null)
    .WithArgs("migrate")
    .WithHostEnvironment()
    .WithReference(rowan)
    .WithEnvironment("Database__ApiPassword", apiPassword)
    .WithEnvironment("Database__WorkerPassword", workerPassword)
    .WithSettings()
    .WaitFor(rowan);

var bridge = builder.AddDockerfile("cozi-bridge", "../CalendarSync.CoziBridge")
    .WithHttpEndpoint(port: settings.BridgePort, targetPort: 8000, name: "http", env: "PORT")
    .WithHttpHealthCheck("/health")
    .WithOtlpExporter();

var api = builder.AddProject<Projects.CalendarSync_Api>("api", launchProfileName: null)
    .WithHttpEndpoint(port: settings.ApiPort, name: "http")
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithHostEnvironment()
    .WithRowanLogin("calendarsync_api", apiPassword, postgres)
    .WithReference(redis)
    .WithReference(bridge.GetEndpoint("http"))
    .WithEnvironment("ENCRYPTION_KEY", encryptionKey)
    .WithEnvironment("CRON_SECRET", cronSecret)
    .WithEnvironment("Cozi__BridgeUrl", bridge.GetEndpoint("http"))
    .WaitFor(redis)
    .WaitForCompletion(migrations);

var worker = builder.AddProject<Projects.CalendarSync_Worker>("worker", launchProfileName: null)
    .WithHttpEndpoint(name: "http")
    .WithHttpHealthCheck("/health")
    .WithReplicas(settings.Workers)
    .WithHostEnvironment()
    .WithRowanLogin("calendarsync_worker", workerPassword, postgres)
    .WithReference(redis)
    .WithReference(bridge.GetEndpoint("http"))
    .WithEnvironment("ENCRYPTION_KEY", encryptionKey)
    .WithEnvironment("Cozi__BridgeUrl", bridge.GetEndpoint("http"))
    .WaitFor(redis)
    .WaitForCompletion(migrations);

var web = builder.AddProject<Projects.CalendarSync_Web>("web", launchProfileName: null)
    .WithHttpEndpoint(port: settings.WebPort, name: "http")
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithHostEnvironment()
    .WithReference(api);

// The browser comes back here after a sign-in at a provider.
api.WithEnvironment("APP_URL", web.GetEndpoint("http"));

if (settings.HasDemo)
{
    // A family to try things out with; without real users only, and never outside Development.
    var jwtSecret = builder.AddSecret("dev-jwt-secret");
    var demo = builder.AddProject<Projects.CalendarSync_Worker>("demo", launchProfileName: null)
        .WithArgs("seed-demo")
        .WithHostEnvironment()
        .WithReference(rowan)
        .WaitForCompletion(migrations);
    api.WithEnvironment("Development__JwtSecret", jwtSecret).WaitForCompletion(demo);
    worker.WaitForCompletion(demo);
    web.WaitForCompletion(demo);

    if (settings.HasEmulators)
    {
        // iCloud is played by a real CalDAV server, which the demo family has an account on.
        var apple = builder.AddDockerfile("apple-calendar", "../tests/CalendarSync.Emulators/Radicale")
            .WithHttpEndpoint(targetPort: 5232, name: "http", env: "PORT")
            .WithHttpHealthCheck("/.web/")
            .WithVolume("calendarsync-apple-calendar", "/data");
        demo.WithEnvironment("Demo__CalDavUrl", apple.GetEndpoint("http")).WithDemoAccount().WaitFor(apple);
        web.WithDemoAccount();
        api.WithAppleCalendar(apple);

        // CalDAV has no push. A server of our own may be asked every other second, so that trying it out feels as it will with push.
        worker.WithAppleCalendar(apple).WithEnvironment("Sync__AppleInterval", "00:00:02");
    }
}

api.PublishWithUsers();
api.WithSettings().PublishAsHost(replicas: 1);
worker.WithSettings().PublishAsHost(replicas: settings.Workers);
web.WithSettings().PublishAsHost(replicas: 1);

builder.Build().Run();
