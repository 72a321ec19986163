using System.Text.Json.Serialization;
using CalendarSync.Api.Features.Connections;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using FastEndpoints;

namespace CalendarSync.Api.Features.Providers.List;

/// <summary>A kind of calendar.</summary>
/// <param name="Provider">google, apple or cozi.</param>
/// <param name="Name">As people know it.</param>
/// <param name="Status">available or coming_soon.</param>
/// <param name="Unofficial">Works without the provider's blessing.</param>
/// <param name="Auth">How one connects: oauth, app_password or password.</param>
/// <param name="Warning">What to tell people before they connect.</param>
internal sealed record ProviderBody(
    string Provider,
    string Name,
    string Status,
    bool Unofficial,
    string Auth,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Warning = null);

internal sealed record Response(bool Success, IReadOnlyList<ProviderBody> Providers);

internal sealed class Endpoint(IEnumerable<ICalendarProvider> installed) : EndpointWithoutRequest<Response>
{
    private const string CoziWarning = "Cozi has no official interface for other apps. The connection can stop working at any time.";

    public override void Configure()
    {
        Get("/api/calendar/providers");
        Definition.Describe("Connections", "List the kinds of calendars", "What can be connected, and how.");
    }

    public override Task<Response> ExecuteAsync(CancellationToken ct) => Task.FromResult(new Response(true,
    [
        Body(CalendarProvider.Google, "oauth"),
        Body(CalendarProvider.Apple, "app_password"),
        Body(CalendarProvider.Cozi, "password", CoziWarning),
    ]));

    private ProviderBody Body(CalendarProvider provider, string auth, string? warning = null) => new(
        provider.ToSql(),
        provider.DisplayName(),
        installed.Any(candidate => candidate.Provider == provider) ? "available" : "coming_soon",
        Unofficial: warning is not null,
        auth,
        warning);
}
