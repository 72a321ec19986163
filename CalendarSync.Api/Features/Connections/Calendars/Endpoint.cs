using System.Text.Json.Serialization;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Connections.Calendars;

/// <summary>A calendar of a connected account.</summary>
/// <param name="Id">The provider's id.</param>
/// <param name="Name">As the provider shows it.</param>
/// <param name="Color"><c>#RRGGBB</c>.</param>
/// <param name="ReadOnly">Its events cannot be changed from Rowan.</param>
/// <param name="Primary">The account's own calendar.</param>
/// <param name="Selected">It is synced.</param>
/// <param name="Target">New events of Rowan go here.</param>
/// <param name="Removed">It is not in the account any more; it is synced again when it comes back.</param>
internal sealed record CalendarBody(
    string Id,
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Color,
    bool ReadOnly,
    bool Primary,
    bool Selected,
    bool Target,
    bool Removed);

internal sealed record Response(bool Success, IReadOnlyList<CalendarBody> Calendars);

internal sealed class Endpoint(RowanDatabase database) : EndpointWithoutRequest<Response>
{
    public override void Configure()
    {
        Get("/api/calendar/connections/{id:guid}/calendars");
        Definition.Describe("Connections", "List the calendars of an account", "Every calendar that holds events, and whether it is synced.",
            new ApiError(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var connection = await transaction.RequireConnectionAsync(Route<Guid>("id"), ct);
        var rows = await ConnectionStore.ListCalendarsAsync(transaction, connection.Id, ct);
        return new Response(true, [.. rows.Select(row => new CalendarBody(
            row.ExternalCalendarId,
            row.Name,
            row.Color,
            row.ReadOnly,
            row.IsPrimary,
            row.Selected,
            row.IsTarget,
            row.Removed))]);
    }
}
