using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>The reader of the logs itself: it has to see the logs, and to recognise what must not be there.</summary>
public sealed partial class LogPrivacyTests
{
    [Fact]
    public void Every_host_that_is_built_in_a_test_is_read()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        using var host = builder.Build();
        var before = LogPrivacy.Sink.Lines;

        Log.Ordinary(host.Services.GetRequiredService<ILogger<LogPrivacyTests>>());

        Assert.True(LogPrivacy.Sink.Lines > before);
    }

    [Theory]
    [InlineData("Synced canary-title-school run")]
    [InlineData("Connected amara@example.com")]
    [InlineData("PUT https://calendar.example.com/amara%40example.com/1.ics")]
    [InlineData("Authorization: Bearer 2YotnFZFEjr1zCsicMWpAA")]
    [InlineData("Authorization: Basic YW1hcmE6c2VjcmV0")]
    [InlineData("Host=localhost;Username=calendarsync_worker;Password=secret")]
    [InlineData("GET https://amara:secret@calendar.example.com/")]
    [InlineData("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln")]
    public void Private_content_is_recognised(string line) => Assert.NotNull(LogPrivacyRules.Find(line));

    [Fact]
    public void A_stored_secret_is_recognised()
    {
        var ring = new KeyRing(new string('0', 62) + "01", []);

        Assert.NotNull(LogPrivacyRules.Find(new SecretCipher(ring).Encrypt(new ConnectionId(Guid.NewGuid()), SecretKind.AccessToken, "x")));
    }

    [Theory]
    [InlineData("Synced connection 6f1c1f0e-5f0e-4a53-9a53-0d3f0a6c2b11: 3 created, 0 updated, 1 deleted")]
    [InlineData("Moved the AppSpecificPassword of connection 6f1c1f0e-5f0e-4a53-9a53-0d3f0a6c2b11 to the current encryption key")]
    [InlineData("Now listening on: http://127.0.0.1:5080")]
    public void Ordinary_lines_are_not(string line) => Assert.Null(LogPrivacyRules.Find(line));

    [Fact]
    public void A_violation_is_found_in_the_message_in_its_values_and_in_its_exception()
    {
        var sink = new LogPrivacySink();
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(sink));
        var logger = factory.CreateLogger("test");

        Log.Synced(logger, "canary-title-1");
        Log.Failed(logger, new InvalidOperationException("canary-title-2"));
        using (logger.BeginScope(new Dictionary<string, object?> { ["account"] = "amara@example.com" }))
        {
            Log.Ordinary(logger);
        }

        Assert.Equal(3, sink.Violations.Count);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Nothing private")]
        public static partial void Ordinary(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "Synced {Title}")]
        public static partial void Synced(ILogger logger, string title);

        [LoggerMessage(LogLevel.Warning, "A defect")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
