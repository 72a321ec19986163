using System.Threading.Channels;
using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;
using Npgsql;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>What wakes a worker at once.</summary>
public sealed class NotifyTests(PostgresServer postgres) : DatabaseTest(postgres)
{
    [Fact]
    public async Task An_edit_notifies_each_connection_that_it_is_queued_for_once_per_transaction()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        var heard = await ListenAsync(async () =>
        {
            await using var transaction = await Database.ApiDatabase.BeginAsUserAsync(Ben, Cancellation);
            for (var i = 0; i < 3; i++)
            {
                await transaction.ExecuteAsync("insert into events (space_id, title, start_time) values (@Space, 'canary', now())", new { Space }, Cancellation);
            }

            await transaction.CommitAsync(Cancellation);
        });
        Assert.Equal([connection.Value.ToString()], heard);
    }

    [Fact]
    public async Task A_request_for_a_pass_notifies()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        Assert.Equal(
            [connection.Value.ToString()],
            await ListenAsync(() => AsUserAsync(Anna, "select request_calendar_sync(@connection, false)", new { connection })));
    }

    [Fact]
    public async Task Becoming_due_notifies_and_being_scheduled_for_later_does_not()
    {
        var connection = await Database.CreateConnectionAsync(Space, Anna);
        Assert.Empty(await ListenAsync(() => Database.ExecuteAsync("update calendar_connections set next_sync_at = now() + interval '15 minutes'")));
        Assert.Equal(
            [connection.Value.ToString()],
            await ListenAsync(() => Database.ExecuteAsync("update calendar_connections set next_sync_at = now()")));
    }

    [Fact]
    public async Task A_new_connection_that_is_due_notifies()
    {
        ConnectionId connection = default;
        var heard = await ListenAsync(async () => connection = await Database.CreateConnectionAsync(Space, Anna, due: true));
        Assert.Equal([connection.Value.ToString()], heard);
    }

    [Fact]
    public async Task A_heartbeat_does_not_notify()
    {
        await Database.CreateConnectionAsync(Space, Anna);
        Assert.Empty(await ListenAsync(() => Database.ExecuteAsync("update calendar_connections set lease_until = now() + interval '1 minute', fence = fence + 1")));
    }

    /// <summary>What is notified during an action. A notification of our own ends the list: Postgres delivers them in the order of commits.</summary>
    private async Task<List<string>> ListenAsync(Func<Task> action)
    {
        var heard = Channel.CreateUnbounded<string>();
        await using var session = await Database.Worker.OpenConnectionAsync(Cancellation);
        session.Notification += (_, e) => heard.Writer.TryWrite(e.Payload);
        await using (var listen = new NpgsqlCommand("listen calendar_sync", session))
        {
            await listen.ExecuteNonQueryAsync(Cancellation);
        }

        await action();
        await Database.ExecuteAsync("select pg_notify('calendar_sync', 'end')");

        List<string> payloads = [];
        while (true)
        {
            await session.WaitAsync(Cancellation);
            while (heard.Reader.TryRead(out var payload))
            {
                if (payload == "end")
                {
                    return payloads;
                }

                payloads.Add(payload);
            }
        }
    }
}
