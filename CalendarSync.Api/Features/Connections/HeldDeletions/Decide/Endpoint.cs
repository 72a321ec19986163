using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;

namespace CalendarSync.Api.Features.Connections.HeldDeletions.Decide;

internal sealed record Request
{
    /// <summary>approve: they are carried out. reject: the events are kept, and made again where they were missing.</summary>
    [Required]
    public string? Decision { get; init; }
}

internal sealed class Validator : FastEndpoints.Validator<Request>
{
    public Validator() =>
        RuleFor(r => r.Decision).Must(decision => decision is "approve" or "reject").WithMessage("decision is required. Allowed are: approve, reject.");
}

/// <summary>It is decided, and the sync that carries it out is on its way.</summary>
/// <param name="Success">Always true.</param>
/// <param name="Decided">How many deletions this decision is about.</param>
internal sealed record Response(bool Success, int Decided);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Post("/api/calendar/connections/{id:guid}/held-deletions");
        Definition.TakesJson();
        Definition.Describe(
            "Connections",
            "Decide about deletions that wait",
            "Decides about all of them at once. Of two decisions the first counts.",
            new(400, "validation_error"),
            new(403, "access_denied"),
            new(404, "not_found"),
            new(409, "nothing_held"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var connection = await transaction.RequireConnectionAsync(Route<Guid>("id"), ct);
        var decided = await HeldDeletionStore.DecideAsync(transaction, connection.Id, req.Decision == "approve", ct);
        if (decided == 0)
        {
            throw new ProblemException(Problems.NothingHeld);
        }

        await transaction.CommitAsync(ct);
        return new Response(true, decided);
    }
}
