using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.Features.Connections;
using CalendarSync.Api.Limits;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;

namespace CalendarSync.Api.Features.Syncing.Preview;

internal sealed record Request
{
    [Required]
    public Guid? ConnectionId { get; init; }
}

internal sealed class Validator : Validator<Request>
{
    public Validator() => RuleFor(r => r.ConnectionId).NotNull().WithMessage("connection_id is required.");
}

/// <summary>What a full sync would do. Lists hold at most 100 entries each; the counts are true.</summary>
internal sealed record Response
{
    public bool Success { get; init; } = true;

    /// <summary>completed; or running: then the lists are empty, and the same request again gets the answer.</summary>
    public required string Status { get; init; }
    public IReadOnlyList<PreviewImport> Import { get; init; } = [];
    public IReadOnlyList<PreviewExport> Export { get; init; } = [];
    public IReadOnlyList<PreviewMatch> Matches { get; init; } = [];
    public IReadOnlyList<PreviewDelete> Deletes { get; init; } = [];
    public PreviewCounts? Counts { get; init; }
    public required string Message { get; init; }
}

internal sealed class Endpoint(RowanDatabase database, RequestLimits limits, SyncCompletions completions, TimeProvider time) : Endpoint<Request, Response>
{
    /// <summary>Rowan's client gives up after 10 seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>How often to look at the row, should the message be lost.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    public override void Configure()
    {
        Post("/api/calendar/preview");
        Definition.TakesJson();
        Definition.Describe("Syncing", "See what a full sync would do",
            "Changes nothing. Waits up to 8 seconds; a preview that takes longer answers \"running\", and the same request again gets it.",
            new(400, "validation_error", "connection_disconnected", "reconnect_required"), new(403, "access_denied"), new(404, "not_found"), new(502, "preview_failed"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        var user = User.UserId();

        // Before the question is asked: a quick worker must not answer unheard.
        using var watch = completions.Listen(new ConnectionId(req.ConnectionId!.Value));
        var preview = await AskAsync(user, req.ConnectionId.Value, ct);
        var start = time.GetTimestamp();
        while (true)
        {
            switch (await TakeAsync(user, preview, ct))
            {
                case { Status: "taken" }:
                    preview = await AskAsync(user, req.ConnectionId.Value, ct);
                    break;
                case { } answer:
                    return Read(answer);
            }

            if (time.GetElapsedTime(start) >= Patience)
            {
                return new Response { Status = "running", Message = "The calendar is being read. Ask again in a moment." };
            }

            await watch.WaitAsync(Look, ct);
        }
    }

    private async Task<Guid> AskAsync(UserId user, Guid id, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(user, ct);
        var connection = await transaction.RequireConnectionAsync(id, ct);
        if (connection.IsDisconnected)
        {
            throw new ProblemException(Problems.ConnectionDisconnected);
        }

        if (connection.SyncStatus == "token_expired")
        {
            throw new ProblemException(Problems.ReconnectRequired(connection.LastErrorMessage));
        }

        // The database refuses who may not; only then the question counts. One that is asked again counts once.
        var (preview, isNew) = await PreviewStore.RequestAsync(transaction, connection.Id, ct);
        if (isNew)
        {
            await limits.TakePreviewAsync(connection.Id, ct);
        }

        await transaction.CommitAsync(ct);
        return preview;
    }

    private async Task<PreviewAnswer?> TakeAsync(UserId user, Guid preview, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(user, ct);
        var answer = await PreviewStore.TakeAsync(transaction, preview, ct);
        await transaction.CommitAsync(ct);
        return answer;
    }

    private static Response Read(PreviewAnswer answer)
    {
        if (answer.Result is not { } result)
        {
            throw new ProblemException(new Problem(502, "preview_failed", answer.ErrorMessage ?? "The calendar could not be read.")
            {
                Extensions = new Dictionary<string, object?> { ["error_code"] = answer.ErrorCode },
            });
        }

        var preview = PreviewStore.Read(result);
        return new Response
        {
            Status = "completed",
            Import = preview.Import,
            Export = preview.Export,
            Matches = preview.Matches,
            Deletes = preview.Deletes,
            Counts = preview.Counts,
            Message = "This is what a sync would do. Nothing was changed.",
        };
    }
}
