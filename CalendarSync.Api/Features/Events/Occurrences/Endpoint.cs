using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Model.Series;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;
using NodaTime;

namespace CalendarSync.Api.Features.Events.Occurrences;

internal sealed record Request
{
    public static readonly Duration LongestWindow = Duration.FromDays(366);
    public const int MaxOccurrences = 5000;

    [Required]
    public Guid? SpaceId { get; init; }

    /// <summary>Only occurrences that end after this time.</summary>
    [Required]
    public Instant? From { get; init; }

    /// <summary>Only occurrences that start before this time; at most 366 days after `from`.</summary>
    [Required]
    public Instant? To { get; init; }
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    public Validator()
    {
        RuleFor(r => r.SpaceId).NotNull().WithMessage("space_id is required.");
        RuleFor(r => r.From).NotNull().WithMessage("from is required.");
        RuleFor(r => r.To).NotNull().WithMessage("to is required.");
        When(r => r.From is not null && r.To is not null, () =>
        {
            RuleFor(r => r.From).Must(EventTimes.InRange).WithMessage(EventTimes.RangeMessage);
            RuleFor(r => r.To)
                .GreaterThan(r => r.From).WithMessage("to must come after from.")
                .Must((r, to) => to <= r.From || to - r.From <= Request.LongestWindow).WithMessage("The window may have at most 366 days.");
        });
    }
}

/// <summary>One time at which an event happens.</summary>
internal sealed record OccurrenceBody
{
    /// <summary>The event; of an occurrence that was changed, its series.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The event, and for a series the start that the occurrence had when nobody had moved it.</summary>
    public required string OccurrenceId { get; init; }
    public required string Title { get; init; }
    public required Instant StartTime { get; init; }

    /// <summary>Exclusive.</summary>
    public required Instant EndTime { get; init; }
    public required bool AllDay { get; init; }
    public string? Location { get; init; }

    /// <summary>The occurrence differs from its series.</summary>
    public required bool IsOverride { get; init; }
}

/// <summary>Occurrences in the order of their start.</summary>
internal sealed record Response(bool Success, IReadOnlyList<OccurrenceBody> Occurrences, bool HasMore);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Get("/api/calendar/occurrences");
        Definition.TakesAddress();
        Definition.Describe("Events", "List what happens in a window",
            "Single events and every occurrence of the series, in the order of their start. A series keeps its wall time when the clocks change. At most 366 days and 5000 occurrences.",
            new(400, "validation_error"), new(403, "space_access_denied"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        var (space, window) = (new SpaceId(req.SpaceId!.Value), new Interval(req.From!.Value, req.To!.Value));
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        await transaction.RequireMemberAsync(space, ct);
        var zone = await transaction.ZoneOfUserAsync(ct);
        var rows = await OccurrenceStore.LoadAsync(transaction, space, window, ct);

        // One more than is shown tells whether there are more.
        var occurrences = rows.SelectMany(row => Expand(row, window, zone)).OrderBy(o => o.StartTime).ThenBy(o => o.OccurrenceId, StringComparer.Ordinal).ToList();
        return new Response(true, [.. occurrences.Take(Request.MaxOccurrences)], occurrences.Count > Request.MaxOccurrences);
    }

    private static IEnumerable<OccurrenceBody> Expand(SeriesRows rows, Interval window, DateTimeZone readerZone)
    {
        var calendarEvent = RowanSeriesMapper.Read(rows, readerZone);
        var zone = RowanEventMapper.DayZone(rows.Master, readerZone);
        return SeriesExpander.Expand(calendarEvent, window, zone, Request.MaxOccurrences + 1).Select(o => new OccurrenceBody
        {
            EventId = rows.Master.Id,
            OccurrenceId = calendarEvent.IsSeries ? $"{rows.Master.Id}_{IdOf(o.Id, zone)}" : rows.Master.Id.ToString(),
            Title = o.Content.Title,
            StartTime = o.Start,
            EndTime = o.End,
            AllDay = o.Content.Start is EventTime.AllDay,
            Location = o.Content.Location,
            IsOverride = o.IsOverride,
        });
    }

    // As Google names the instances of a series: 20300501, or 20300501T080000Z.
    private static string IdOf(EventTime id, DateTimeZone zone) => id is EventTime.AllDay day
        ? day.Date.ToString("uuuuMMdd", null)
        : id.ToInstant(zone).ToString("uuuuMMdd'T'HHmmss'Z'", null);
}
