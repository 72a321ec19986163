using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.Features.Events;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;
using Npgsql;

namespace CalendarSync.Api.Features.Conflicts.Resolve;

internal sealed record Request
{
    public const int NotesLength = 1000;

    /// <summary>rowan or external: the version that shall hold from now on.</summary>
    [Required]
    public string? WinningSource { get; init; }

    /// <summary>For the history; at most 1000 characters.</summary>
    public string? Notes { get; init; }
}

internal sealed class Validator : Validator<Request>
{
    public Validator()
    {
        RuleFor(r => r.WinningSource).Must(source => source is "rowan" or "external").WithMessage("winning_source is rowan or external.");
        RuleFor(r => r.Notes).Text(Request.NotesLength);
    }
}

internal sealed record Response(bool Success, ConflictBody Conflict);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Post("/api/calendar/conflicts/{id:guid}/resolve");
        Definition.TakesJson();
        Definition.Describe("Conflicts", "Decide a conflict",
            "Writes the chosen version back as an edit of the user, which goes out to every calendar. Any member of the space may. What already holds stays as it is.",
            new(400, "validation_error"), new(404, "not_found"), new(409, "version_not_restorable"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        var id = Route<Guid>("id");
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        if (await ConflictHistory.FindAsync(transaction, id, ct) is null)
        {
            throw new ProblemException(Problems.ConflictNotFound);
        }

        try
        {
            await ConflictHistory.ResolveAsync(transaction, id, req.WinningSource!, EventRules.NullIfEmpty(req.Notes), ct);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.ObjectNotInPrerequisiteState)
        {
            throw new ProblemException(Problems.VersionNotRestorable);
        }

        var decided = await ConflictHistory.FindAsync(transaction, id, ct) ?? throw new ProblemException(Problems.ConflictNotFound);
        await transaction.CommitAsync(ct);
        return new Response(true, ConflictBody.From(decided));
    }
}
