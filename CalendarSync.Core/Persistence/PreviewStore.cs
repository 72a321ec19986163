using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>A question for a preview that a worker has taken on.</summary>
/// <param name="Id">The question.</param>
/// <param name="Connection">The connection.</param>
public sealed record PreviewRequest(Guid Id, ConnectionId Connection);

/// <summary>The answer to a preview.</summary>
public sealed record PreviewAnswer
{
    /// <summary>done, failed, or taken: by another request of the same user.</summary>
    public string Status { get; init; } = "";

    /// <summary>The JSON of <see cref="SyncPreview"/>.</summary>
    public string? Result { get; init; }

    /// <summary>Stable, snake_case.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>In plain words.</summary>
    public string? ErrorMessage { get; init; }
}

/// <summary>Previews that are asked for and answered: a row waits for a worker, then for the one who asked.</summary>
public sealed class PreviewStore(RowanDatabase database)
{
    /// <summary>Takes on the question that has waited longest, and drops those whose answer nobody came for.</summary>
    /// <param name="patience">A worker that does not answer within this has died.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns><c>null</c> when nobody asks.</returns>
    public async Task<PreviewRequest?> ClaimAsync(Duration patience, CancellationToken cancellationToken)
    {
        var claimed = await database.QueryAsServiceAsync<ClaimedRow>(
            """
            with stale as (
                delete from calendar_previews where requested_at < now() - interval '10 minutes'
            )
            update calendar_previews p
            set status = 'running', claimed_until = now() + @patience
            from (
                select id from calendar_previews
                where requested_at >= now() - interval '10 minutes' and (status = 'pending' or (status = 'running' and claimed_until < now()))
                order by requested_at
                limit 1
                for update skip locked
            ) next
            where p.id = next.id
            returning p.id, p.connection_id
            """,
            new { patience },
            cancellationToken);
        return claimed is [var row] ? new PreviewRequest(row.Id, new ConnectionId(row.ConnectionId)) : null;
    }

    /// <summary>Answers.</summary>
    public Task CompleteAsync(PreviewRequest request, SyncPreview preview, CancellationToken cancellationToken) =>
        AnswerAsync(request, "done", JsonRows.FromOne(preview), code: null, message: null, cancellationToken);

    /// <summary>Answers that it could not be found out.</summary>
    public Task FailAsync(PreviewRequest request, string code, string message, CancellationToken cancellationToken) =>
        AnswerAsync(request, "failed", result: null, code, message, cancellationToken);

    /// <summary>Gives a question back, for another worker.</summary>
    public Task ReleaseAsync(PreviewRequest request, CancellationToken cancellationToken) =>
        database.QueryAsServiceAsync<Guid>(
            """
            with released as (
                update calendar_previews set status = 'pending', claimed_until = null where id = @id and status = 'running' returning id, connection_id
            )
            select id from released, pg_notify('calendar_preview', connection_id::text)
            """,
            new { id = request.Id },
            cancellationToken);

    /// <summary>Asks for a preview as the user of the transaction, or joins the question that this user has open.</summary>
    /// <exception cref="Npgsql.PostgresException">42501 when the user may see the connection and not sync it.</exception>
    public static async Task<(Guid Id, bool IsNew)> RequestAsync(RowanTransaction transaction, ConnectionId connection, CancellationToken cancellationToken)
    {
        var row = await transaction.QuerySingleOrDefaultAsync<RequestedRow>(
            "select preview_id, is_new from request_calendar_preview(@connection)", new { connection }, cancellationToken);
        return (row!.PreviewId, row.IsNew);
    }

    /// <summary>Takes the answer, which is given once.</summary>
    /// <returns><c>null</c> as long as there is none.</returns>
    public static Task<PreviewAnswer?> TakeAsync(RowanTransaction transaction, Guid id, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<PreviewAnswer>(
            "select status, result, error_code, error_message from take_calendar_preview(@id)", new { id }, cancellationToken);

    /// <summary>What an answer holds.</summary>
    public static SyncPreview Read(string result) => JsonRows.ToOne<SyncPreview>(result);

    private Task<IReadOnlyList<Guid>> AnswerAsync(
        PreviewRequest request, string status, string? result, string? code, string? message, CancellationToken cancellationToken) =>
        database.QueryAsServiceAsync<Guid>(
            """
            with answered as (
                update calendar_previews
                set status = @status, result = @result::jsonb, error_code = @code, error_message = @message, claimed_until = null
                where id = @id and status = 'running'
                returning id, connection_id
            )
            select id from answered, pg_notify('calendar_sync_done', connection_id::text)
            """,
            new { id = request.Id, status, result, code, message },
            cancellationToken);

    private sealed record ClaimedRow
    {
        public Guid Id { get; init; }

        public Guid ConnectionId { get; init; }
    }

    private sealed record RequestedRow
    {
        public Guid PreviewId { get; init; }

        public bool IsNew { get; init; }
    }
}
