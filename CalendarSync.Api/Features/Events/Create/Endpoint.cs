using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.Limits;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Events.Create;

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, EventResponse>
{
    public override void Configure()
    {
        Post("/api/calendar");
        Definition.TakesJson();
        Definition.Idempotent();
        Definition.Describe("Events", "Create an event", "Every connected calendar of the space receives it within a second or two.",
            new(400, "validation_error"), new(403, "space_access_denied"));
    }

    public override async Task<EventResponse> ExecuteAsync(Request req, CancellationToken ct)
    {
        var space = new SpaceId(req.SpaceId!.Value);
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        await transaction.RequireMemberAsync(space, ct);
        var draft = await DraftAsync(transaction, req, space, ct);

        // With an Idempotency-Key the id is derived from it, so that a repeat meets the first event even where Redis forgot the first answer.
        var id = new RowanEventId(IdempotencyKey.DerivedId(HttpContext) ?? Guid.NewGuid());
        var row = await EventStore.InsertAsync(transaction, id, space, draft, ct)
            ?? await EventStore.FindAsync(transaction, id, ct)
            ?? throw new ProblemException(Problems.IdempotencyKeyReused);
        if (row.SpaceId != space)
        {
            throw new ProblemException(Problems.IdempotencyKeyReused);
        }

        await transaction.CommitAsync(ct);
        return EventResponse.From(row);
    }

    private static async Task<EventDraft> DraftAsync(RowanTransaction transaction, Request req, SpaceId space, CancellationToken ct)
    {
        var zone = EventRules.Zone(req.Timezone) ?? await transaction.ZoneOfUserAsync(ct);
        var times = EventChecks.Require(EventTimes.Resolve(
            new TimesInput
            {
                AllDay = req.AllDay ?? (req.StartDate is not null && req.StartTime is null),
                StartTime = req.StartTime,
                EndTime = req.EndTime,
                StartDate = req.StartDate,
                EndDate = req.EndDate,
            },
            zone));
        await transaction.RequireAssigneeAsync(space, req.AssignedTo, ct);
        var pattern = EventRules.Pattern(req.RecurrencePattern);
        return new EventDraft
        {
            Title = req.Title!.Trim(),
            Description = EventRules.NullIfEmpty(req.Description),
            Location = EventRules.NullIfEmpty(req.Location),
            EventType = EventRules.NullIfEmpty(req.EventType),
            StartTime = times.Start,
            EndTime = times.End,
            AllDay = times.AllDay,
            Timezone = zone.Id,
            IsRecurring = req.IsRecurring ?? pattern is not null,
            RecurrencePattern = pattern,
            Category = req.Category,
            Status = req.Status,
            CustomColor = EventRules.NullIfEmpty(req.CustomColor),
            AssignedTo = req.AssignedTo is { } assignee ? new UserId(assignee) : null,
        };
    }
}
