using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.Features.Connections;
using CalendarSync.Api.Limits;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using NodaTime;

namespace CalendarSync.Api.Features.Syncing.Start;

internal sealed class Endpoint(RowanDatabase database, RequestLimits limits, SyncCompletions completions, TimeProvider time) : Endpoint<Request, Response>
{
    /// <summary>Rowan's client gives up after 10 seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>How often to look at the row, should the message be lost.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    public override void Configure()
    {
        Post("/api/calendar/sync");
        Definition.TakesJson();
        Definition.Describe("Syncing", "Sync a calendar now", "Waits up to 8 seconds for the result; a sync that takes longer goes on in the background.",
            new(400, "validation_error", "connection_disconnected", "connection_paused", "reconnect_required"), new(403, "access_denied"), new(404, "not_found"), new(502, "sync_failed"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        var user = User.UserId();

        // Before the request is made: a quick worker must not finish unheard.
        using var watch = completions.Listen(new ConnectionId(req.ConnectionId!.Value));
        var requestedAt = await RequestAsync(user, req, ct);
        var start = time.GetTimestamp();
        while (true)
        {
            var passes = await ReadAsync(user, watch.Connection, requestedAt, ct);
            if (SyncOutcome.IsAnswered(passes) || time.GetElapsedTime(start) >= Patience)
            {
                return SyncOutcome.Of(passes);
            }

            await watch.WaitAsync(Look, ct);
        }
    }

    private async Task<Instant> RequestAsync(UserId user, Request req, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(user, ct);
        var connection = await transaction.RequireConnectionAsync(req.ConnectionId!.Value, ct);
        if (connection.IsDisconnected)
        {
            throw new ProblemException(Problems.ConnectionDisconnected);
        }

        if (!connection.SyncEnabled)
        {
            throw new ProblemException(Problems.ConnectionPaused);
        }

        if (connection.SyncStatus == "token_expired")
        {
            // No pass would run: only the user can mend that.
            throw new ProblemException(Problems.ReconnectRequired(connection.LastErrorMessage));
        }

        // The database refuses who may not; only then the request counts, and a refused one is rolled back.
        var requestedAt = await ConnectionStore.RequestSyncAsync(transaction, connection.Id, req.SyncType == "full", ct);
        await limits.TakeManualSyncAsync(connection.Id, ct);
        await transaction.CommitAsync(ct);
        return requestedAt;
    }

    private async Task<IReadOnlyList<SyncLogRow>> ReadAsync(UserId user, ConnectionId id, Instant requestedAt, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(user, ct);
        return await SyncLogStore.ListSinceAsync(transaction, id, requestedAt, ct);
    }
}
