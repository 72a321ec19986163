using CalendarSync.IntegrationTests.Fixtures;
using Dapper;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>The questions of every pass are answered by an index: with three hundred families in the tables, none reads a table whole.</summary>
public sealed class QueryPlanTests(QueryPlanTests.ManyFamilies families) : IClassFixture<QueryPlanTests.ManyFamilies>
{
    /// <summary>Name → statement. @connection, @space and @event are those of one family.</summary>
    private static readonly Dictionary<string, string> Questions = new()
    {
        ["what is to be pushed"] =
            """
            select id, version, event_id from calendar_sync_queue
            where connection_id = @connection and (status = 'pending' or (status = 'failed' and next_retry_at <= now()))
            order by priority, created_at
            limit 50
            """,
        ["is there anything to push"] =
            """
            select exists (select from calendar_sync_queue q
                           where q.connection_id = @connection and (q.status = 'pending' or (q.status = 'failed' and q.next_retry_at <= now())))
            """,
        ["bases by external id and UID"] =
            """
            select * from calendar_event_mappings
            where connection_id = @connection and external_calendar_id = 'calendar' and (external_event_id = any('{1,2}') or ical_uid = any('{1,2}'))
            """,
        ["bases by Rowan's event"] = "select * from calendar_event_mappings where connection_id = @connection and rowan_event_id = any(array[@event])",
        ["bases of an event in all connections"] = "select * from calendar_event_mappings where rowan_event_id = @event",
        ["events of a space by UID"] = "select * from events where space_id = @space and ical_uid = '7'",
        ["connections of a space, as the trigger asks"] = "select * from calendar_connections where space_id = @space and sync_status <> 'disconnected'",
        ["open errors"] = "select * from calendar_sync_errors where connection_id = @connection and resolved_at is null",
        ["an open item, as the trigger meets it"] =
            "select * from calendar_sync_queue where connection_id = @connection and event_id = @event and status in ('pending', 'failed')",
        ["the last passes"] = "select * from calendar_sync_logs where connection_id = @connection and created_at > now() - interval '1 day' order by created_at desc limit 10",
        ["done work to remove"] = "select * from calendar_sync_queue where status = 'completed' and processed_at < now() - interval '7 days'",
        ["the override of a series"] = "select * from recurring_event_exceptions where modified_event_id = @event",
    };

    public static TheoryData<string> QuestionNames => [.. Questions.Keys];

    [Theory]
    [MemberData(nameof(QuestionNames))]
    public async Task No_table_is_read_whole_to_answer(string question)
    {
        await using var session = await families.Database.Owner.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var plan = string.Join('\n', await session.QueryAsync<string>("explain " + Questions[question], families.One));
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.Contains("Index", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_without_an_index_would_be_noticed()
    {
        await using var session = await families.Database.Owner.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var plan = string.Join('\n', await session.QueryAsync<string>("explain select * from events where title = 'canary'"));
        Assert.Contains("Seq Scan", plan, StringComparison.Ordinal);
    }

    /// <summary>Three hundred families, each with a connection, a hundred synced events and a week of finished work.</summary>
    public sealed class ManyFamilies(PostgresServer postgres) : IAsyncLifetime
    {
        private TestDatabase? _database;

        internal TestDatabase Database => _database!;

        internal object One { get; private set; } = new();

        public async ValueTask InitializeAsync()
        {
            _database = await postgres.CreateDatabaseAsync();
            await using var session = await Database.Owner.OpenConnectionAsync();
            await session.ExecuteAsync(
                """
                -- Without triggers: only the rows matter.
                set session_replication_role = replica;
                insert into auth.users (id, email) select gen_random_uuid(), n || '@example.com' from generate_series(1, 300) n;
                insert into spaces (id, name, created_by) select gen_random_uuid(), 'canary', id from auth.users;
                insert into calendar_connections (user_id, space_id, provider) select created_by, id, 'apple' from spaces;
                insert into events (space_id, title, start_time, ical_uid) select id, 'canary', now(), n::text from spaces, generate_series(1, 100) n;
                insert into calendar_event_mappings (rowan_event_id, connection_id, external_event_id, external_calendar_id, origin, ical_uid)
                select e.id, c.id, e.ical_uid, 'calendar', 'imported', e.ical_uid from events e join calendar_connections c using (space_id);
                insert into calendar_sync_queue (event_id, connection_id, operation, status, processed_at, event_snapshot)
                select m.rowan_event_id, m.connection_id, 'update', case when m.external_event_id::int <= 2 then 'pending' else 'completed' end::queue_status,
                       now() - interval '1 day', to_jsonb(m)
                from calendar_event_mappings m;
                insert into calendar_sync_errors (connection_id, direction, operation, code, message, resolved_at)
                select id, 'inbound', 'read', 'x', 'x', now() from calendar_connections, generate_series(1, 20);
                insert into calendar_sync_logs (connection_id, sync_type, sync_direction)
                select id, 'incremental', 'bidirectional' from calendar_connections, generate_series(1, 100);
                insert into recurring_event_exceptions (series_id, exception_date, exception_type, modified_event_id)
                select id, '2026-01-01', 'modified', id from events;
                set session_replication_role = default;
                analyze;
                """);
            var (connection, space) = await session.QueryFirstAsync<(Guid, Guid)>("select id, space_id from calendar_connections");
            var happening = await session.QueryFirstAsync<Guid>("select id from events where space_id = @space", new { space });
            One = new { connection, space, @event = happening };
        }

        public async ValueTask DisposeAsync()
        {
            if (_database is not null)
            {
                await _database.DisposeAsync();
            }
        }
    }
}
