using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Connections.Update;

internal sealed record Response(bool Success, ConnectionBody Connection);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Patch("/api/calendar/connections/{id:guid}");
        Definition.TakesJson();
        Definition.Describe(
            "Connections",
            "Change the settings of a connected calendar",
            "Only the members that are given change; all of them, or none. The sync that acts on them starts by itself.",
            new(400, "validation_error", "connection_disconnected"),
            new(403, "access_denied"),
            new(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var connection = await transaction.RequireConnectionAsync(Route<Guid>("id"), ct);
        var settings = new ConnectionSettings
        {
            Direction = req.SyncDirection.Value,
            Enabled = req.SyncEnabled.Value,
            CalendarIds = req.CalendarIds.Value?.Distinct(StringComparer.Ordinal).ToArray(),
            TargetId = req.TargetCalendarId.Value,
            ExcludedTypes = req.ExcludedEventTypes.Value?.Distinct(StringComparer.Ordinal).ToArray(),
        };
        if (await ConnectionStore.UpdateAsync(transaction, connection.Id, settings, ct) is { Count: > 0 } wrong)
        {
            throw new ProblemException(Problems.Validation([.. wrong.Select(Explain)]));
        }

        var changed = await transaction.RequireConnectionAsync(connection.Id.Value, ct);
        await transaction.CommitAsync(ct);
        return new Response(true, ConnectionBody.From(changed));
    }

    private static FieldError Explain(string wrong) => wrong switch
    {
        "calendars_unknown" => new(["calendar_ids"], "The account has no such calendar. Read the list again."),
        "target_unknown" => new(["target_calendar_id"], "The account has no such calendar. Read the list again."),
        "target_read_only" => new(["target_calendar_id"], "This calendar is read-only. Choose one that can be written."),
        "target_not_selected" => new(["target_calendar_id"], "Choose one of the calendars that are synced."),
        _ => throw new InvalidOperationException($"update_calendar_connection refused with '{wrong}'."),
    };
}
