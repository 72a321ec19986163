using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;

namespace CalendarSync.Api.Features.Conflicts.Export;

internal sealed record Request
{
    [Required]
    public Guid? SpaceId { get; init; }
}

internal sealed class Validator : Validator<Request>
{
    public Validator() => RuleFor(r => r.SpaceId).NotNull().WithMessage("space_id is required.");
}

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request>
{
    private const int PageSize = 500;

    public override void Configure()
    {
        Get("/api/calendar/conflicts/export");
        Definition.TakesAddress();
        Definition.Options(builder => builder.WithMetadata(new ProducesText(ConflictTable.ContentType)));
        Definition.Describe("Conflicts", "Export the conflicts of a space", "All of them as CSV (RFC 4180): Date, Event, Source, Resolution, Status. Newest first.",
            new(400, "validation_error"), new(403, "space_access_denied"));
    }

    public override async Task HandleAsync(Request req, CancellationToken ct)
    {
        var space = new SpaceId(req.SpaceId!.Value);
        var page = await ReadAsync(space, after: null, ct);
        HttpContext.Response.ContentType = ConflictTable.ContentType + "; charset=utf-8";
        HttpContext.Response.Headers.ContentDisposition = "attachment; filename=\"calendar-conflicts.csv\"";
        await using var table = new ConflictTable(HttpContext.Response.Body);
        await table.WriteHeaderAsync(ct);
        while (page.Count > 0)
        {
            await table.WriteAsync(page, ct);
            var last = page[^1];
            page = page.Count < PageSize ? [] : await ReadAsync(space, new ConflictPosition(last.DetectedAt, last.Id), ct);
        }
    }

    /// <summary>A transaction for each page: a reader who takes his time holds no session of the database.</summary>
    private async Task<IReadOnlyList<ConflictHistoryRow>> ReadAsync(SpaceId space, ConflictPosition? after, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        if (after is null)
        {
            await transaction.RequireMemberAsync(space, ct);
        }

        return await ConflictHistory.ListAfterAsync(transaction, space, after, PageSize, ct);
    }
}
