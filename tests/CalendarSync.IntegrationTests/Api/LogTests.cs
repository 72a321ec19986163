using System.Text.Json.Nodes;
using CalendarSync.Core.Providers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>What people wrote, and what they sign in with, stays out of the logs: in success, in refusal and in failure.</summary>
public sealed class LogTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task No_title_address_password_or_token_is_logged()
    {
        var person = await fixture.CreatePersonAsync();
        var token = person.Client.Http.DefaultRequestHeaders.Authorization!.Parameter!;
        var body = new JsonObject
        {
            ["space_id"] = person.Space.Value,
            ["title"] = "canary-title",
            ["description"] = "canary-description",
            ["location"] = "canary-location",
            ["start_time"] = "2026-03-10T14:00:00Z",
        };
        (await person.Client.PostAsync("/api/calendar", body, "canary-idempotency-key")).Ok();
        (await person.Client.PostAsync("/api/calendar", body, "canary-idempotency-key")).Ok();
        (await person.Client.PostTextAsync("/api/calendar", """{"title":"canary-title""")).Problem(400, "validation_error");
        (await person.Client.PostTextAsync("/api/calendar", """{"title":{"canary-title":1}}""")).Problem(400, "validation_error");
        var connect = new JsonObject { ["email"] = "canary-account@example.com", ["app_specific_password"] = FakeProvider.GoodPassword, ["space_id"] = person.Space.Value, ["server_url"] = "https://canary-host.example.com/canary-path" };
        foreach (var fault in Enum.GetValues<ProviderFault>())
        {
            fixture.Provider.Fail("canary-account@example.com", new ProviderException(fault, "code", "In plain words.", innerException: new HttpRequestException("canary-host.example.com")));
            Assert.NotEqual(200, (int)(await person.Client.PostAsync("/api/calendar/connect/apple", connect)).Status);
        }

        // A fault that nobody foresaw, with the worst of messages, and then a success.
        fixture.Provider.Answer("canary-account@example.com", _ => throw new InvalidOperationException("unforeseen"));
        (await fixture.Host.For((await fixture.CreatePersonAsync()).User).PostAsync("/api/calendar/connect/apple", connect)).Problem(403, "space_access_denied");
        var other = await fixture.CreatePersonAsync();
        connect["space_id"] = other.Space.Value;
        (await other.Client.PostAsync("/api/calendar/connect/apple", connect)).Problem(500, "internal_error");
        fixture.Provider.Answer("canary-account@example.com", _ => Task.FromResult(FakeProvider.Calendars));
        (await other.Client.PostAsync("/api/calendar/connect/apple", connect)).Ok();

        var records = fixture.Host.Logs.GetSnapshot();
        Assert.Contains(records, record => record.Level == LogLevel.Error && record.Exception is InvalidOperationException);
        foreach (var secret in new[] { "canary-", FakeProvider.GoodPassword, token, "example.com" })
        {
            Assert.DoesNotContain(records, record => Text(record).Contains(secret, StringComparison.OrdinalIgnoreCase));
        }
    }

    private static string Text(FakeLogRecord record) =>
        string.Join('\n', [record.Message, record.Exception?.ToString(), .. record.StructuredState?.Select(pair => pair.Value) ?? [], .. record.Scopes.Select(scope => scope?.ToString())]);
}
