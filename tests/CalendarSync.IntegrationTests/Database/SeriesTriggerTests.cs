using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>A series is one event outside: what happens to an occurrence is an update of the series.</summary>
public sealed class SeriesTriggerTests(PostgresServer postgres) : QueueTest(postgres)
{
    private ConnectionId Connection { get; set; }

    private RowanEventId Series { get; set; }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Connection = await Database.CreateConnectionAsync(Space, Anna);
        Series = await Database.CreateEventAsync(Space);
        await ClearQueueAsync();
    }

    [Fact]
    public async Task A_new_changed_and_removed_exception_queues_its_series()
    {
        await ExceptAsync("deleted");
        await AssertSeriesQueuedAsync();
        await Database.ExecuteAsync("update recurring_event_exceptions set exception_date = exception_date + 1");
        await AssertSeriesQueuedAsync();
        await AsUserAsync(Anna, "delete from recurring_event_exceptions");
        await AssertSeriesQueuedAsync();
    }

    [Fact]
    public async Task An_exception_that_a_pass_wrote_is_not_queued_for_its_own_connection()
    {
        await AsServiceAsync(
            Connection,
            "insert into recurring_event_exceptions (series_id, exception_date, exception_type) values (@Series, '2026-01-01', 'deleted')",
            new { Series });
        Assert.Empty(await ItemsAsync());
    }

    [Fact]
    public async Task An_override_travels_with_its_series_and_not_as_an_event_of_its_own()
    {
        var instance = await Database.CreateEventAsync(Space);
        await ExceptAsync("modified", instance);
        await AssertSeriesQueuedAsync();
        await EditAsync(instance, "title = 'canary-2'");
        await AssertSeriesQueuedAsync();
        await EditAsync(instance, "deleted_at = now()");
        await AssertSeriesQueuedAsync();
    }

    [Fact]
    public async Task A_series_and_its_override_edited_in_one_statement_make_one_item()
    {
        var instance = await Database.CreateEventAsync(Space);
        await ExceptAsync("modified", instance);
        await ClearQueueAsync();
        await Database.ExecuteAsync("update events set location = 'canary'");
        await AssertSeriesQueuedAsync();
    }

    [Fact]
    public async Task A_series_that_is_deleted_for_good_is_queued_as_a_deletion_although_its_exceptions_cascade()
    {
        await ExceptAsync("deleted");
        await ClearQueueAsync();
        await AsUserAsync(Anna, "delete from events where id = @Series", new { Series });
        Assert.Equal(["delete"], await OperationsAsync(Connection));
    }

    [Fact]
    public async Task An_exception_of_a_series_in_the_trash_is_not_queued()
    {
        await EditAsync(Series, "deleted_at = now()");
        await ClearQueueAsync();
        await ExceptAsync("deleted");
        Assert.Empty(await ItemsAsync());
    }

    private Task<int> ExceptAsync(string type, RowanEventId? instance = null) => AsUserAsync(
        Anna,
        """
        insert into recurring_event_exceptions (series_id, exception_date, exception_type, modified_event_id)
        values (@Series, '2026-01-01', @type, @instance)
        """,
        new { Series, type, instance = instance?.Value });

    private async Task AssertSeriesQueuedAsync()
    {
        var item = Assert.Single(await ItemsAsync());
        Assert.Equal((Series.Value, "update", "pending"), (item.EventId, item.Operation, item.Status));
        await ClearQueueAsync();
    }
}
