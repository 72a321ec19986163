using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Persistence;
using FastEndpoints;

namespace CalendarSync.Api.Features.Syncing.Errors.Retry;

/// <summary>The event is tried again with the sync that begins now.</summary>
/// <param name="Success">Always true.</param>
/// <param name="Status">retrying, or resolved when it was mended meanwhile.</param>
internal sealed record Response(bool Success, string Status);

internal sealed class Endpoint(RowanDatabase database) : EndpointWithoutRequest<Response>
{
    public override void Configure()
    {
        Post("/api/calendar/errors/{id:guid}/retry");
        Definition.Describe("Syncing", "Try an event again", "Makes it due at once. Repeating it is harmless.", new(403, "access_denied"), new(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var retrying = await SyncErrorStore.RetryAsync(transaction, Route<Guid>("id"), ct) ?? throw new ProblemException(Problems.ErrorNotFound);
        await transaction.CommitAsync(ct);
        return new Response(true, retrying ? "retrying" : "resolved");
    }
}
