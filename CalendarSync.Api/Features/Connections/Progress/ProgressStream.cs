using System.Text.Json;
using System.Threading.Channels;
using CalendarSync.Api.Json;
using CalendarSync.Core.Coordination;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;

namespace CalendarSync.Api.Features.Connections.Progress;

/// <summary>
/// Progress as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). The row is the truth and is read
/// every second; messages of the worker through Redis only come sooner. So losing Redis costs a second, and a lost message nothing.
/// </summary>
internal sealed class ProgressStream(RowanDatabase database, ProgressChannel channel, TimeProvider time, IHostApplicationLifetime lifetime)
{
    public const string ContentType = "text/event-stream";

    /// <summary>A comment in silence, so that no proxy takes the connection for dead.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>A browser connects again by itself, with a token that is still good.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public async Task WriteAsync(HttpResponse response, UserId user, ConnectionRow connection, CancellationToken ct)
    {
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";

        // A host that stops does not wait for its watchers.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        var steps = Channel.CreateBounded<ProgressBody>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
        var reading = Task.WhenAll(ReadRowAsync(steps, user, connection, stop.Token), ReadMessagesAsync(steps, connection.Id, stop.Token));
        try
        {
            await PumpAsync(response, steps.Reader, stop.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The host stops: the stream just ends.
        }
        finally
        {
            await stop.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PumpAsync(HttpResponse response, ChannelReader<ProgressBody> steps, CancellationToken ct)
    {
        var start = time.GetTimestamp();
        ProgressBody? last = null;
        while (time.GetElapsedTime(start) < Longest)
        {
            if (await NextAsync(steps, ct) is not { } step)
            {
                await WriteAsync(response, ": still here\n\n", ct);
            }
            else if (step != last)
            {
                last = step;
                await WriteAsync(response, $"event: progress\ndata: {JsonSerializer.Serialize(step, ApiJson.Options)}\n\n", ct);
                if (step.IsEnd())
                {
                    return;
                }
            }
        }
    }

    /// <returns><c>null</c> after a silence.</returns>
    private async Task<ProgressBody?> NextAsync(ChannelReader<ProgressBody> steps, CancellationToken ct)
    {
        using var silence = new CancellationTokenSource(Heartbeat, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, silence.Token);
        try
        {
            return await steps.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Gives what the row says whenever it says something new. Its silence does not hide what a message said meanwhile.</summary>
    private async Task ReadRowAsync(Channel<ProgressBody> steps, UserId user, ConnectionRow connection, CancellationToken ct)
    {
        ProgressBody? last = null;
        try
        {
            using var timer = new PeriodicTimer(Look, time);
            do
            {
                if (ProgressBody.Of(connection) is var step && step != last)
                {
                    last = step;
                    steps.Writer.TryWrite(step);
                }

                await timer.WaitForNextTickAsync(ct);
                await using var transaction = await database.BeginAsUserAsync(user, ct);
                connection = await transaction.RequireConnectionAsync(connection.Id.Value, ct);
            }
            while (!ct.IsCancellationRequested);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // The connection is gone, or the database is: the stream ends here too, and the browser asks again.
            steps.Writer.TryComplete(fault);
        }
    }

    private async Task ReadMessagesAsync(Channel<ProgressBody> steps, ConnectionId connection, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await foreach (var progress in channel.WatchAsync(connection, ct))
            {
                steps.Writer.TryWrite(ProgressBody.From(progress));
            }

            // Redis is away: the row is read meanwhile.
            await Task.Delay(Look * 5, time, ct);
        }
    }

    private static async Task WriteAsync(HttpResponse response, string text, CancellationToken ct)
    {
        await response.WriteAsync(text, ct);
        await response.Body.FlushAsync(ct);
    }
}
