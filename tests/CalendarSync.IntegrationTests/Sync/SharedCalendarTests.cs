using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>Two members of a space who have connected one and the same calendar, and events that come back from the trash.</summary>
public sealed class SharedCalendarTests(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
{
    private SyncHarness _sync = null!;
    private ConnectionId _other;

    public async ValueTask InitializeAsync()
    {
        _sync = await SyncHarness.CreateAsync(postgres, redis);
        var member = await _sync.Database.CreateUserAsync();
        await _sync.Database.AddMemberAsync(_sync.Space, member);
        _other = await SyncHarness.ConnectAsync(_sync.Database, _sync.Space, member);
        await _sync.Database.CreateEventAsync(_sync.Space, "canary-title");
        await _sync.RunDueAsync();
        await _sync.AssertSameTitlesAsync("canary-title");
    }

    public ValueTask DisposeAsync() => _sync.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_that_came_back_from_the_trash_is_not_deleted_by_its_old_tombstone(bool edited)
    {
        // One connection carries the deletion out; the other has not heard of it when the event comes back.
        await _sync.DeleteAsync("canary-title");
        await RunAsync(_sync.Connection);
        Assert.Empty(_sync.Calendar.Events);
        await _sync.RestoreAsync("canary-title");
        if (edited)
        {
            await _sync.EditAsync("canary-title", "canary-title-edited");
        }

        await RunAsync(_sync.Connection);
        await RunAsync(_other);

        await AssertOneAsync(edited ? "canary-title-edited" : "canary-title");
    }

    [Fact]
    public async Task An_event_that_is_deleted_on_both_sides_and_restored_in_Rowan_before_anybody_looks_is_made_again()
    {
        await _sync.DeleteAsync("canary-title");
        _sync.Calendar.Remove(_sync.Calendar.Events.Keys.Single());
        await _sync.RestoreAsync("canary-title");

        await AssertOneAsync("canary-title");
    }

    [Fact]
    public async Task A_deletion_outside_after_a_restore_that_changed_nothing_there_is_carried_out()
    {
        await _sync.DeleteAsync("canary-title");
        await _sync.RestoreAsync("canary-title");
        await _sync.RunDueAsync();
        _sync.Calendar.Remove(_sync.Calendar.Events.Keys.Single());
        await _sync.SyncAsync();

        Assert.Empty(await _sync.TitlesAsync());
        await _sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_deletion_outside_of_an_event_that_an_edit_there_had_brought_back_is_carried_out()
    {
        var id = _sync.Calendar.Events.Keys.Single();
        await _sync.DeleteAsync("canary-title");
        _sync.Calendar.Edit(id, c => c with { Title = "canary-title-edited" });
        await _sync.SyncAsync();
        await _sync.AssertSameTitlesAsync("canary-title-edited");
        _sync.Calendar.Remove(id);
        await _sync.SyncAsync();

        Assert.Empty(await _sync.TitlesAsync());
        await _sync.AssertQuietAsync();
    }

    [Fact]
    public async Task The_copy_of_an_earlier_life_is_the_event_after_a_reconnect_and_not_a_second_one()
    {
        await DisconnectAsync();
        await _sync.DeleteAsync("canary-title");
        await _sync.RestoreAsync("canary-title");
        await _sync.EditAsync("canary-title", "canary-title-edited");
        await SyncHarness.ConnectAsync(_sync.Database, _sync.Space, _sync.User);

        await _sync.RunDueAsync();

        Assert.Single(await _sync.TitlesAsync());
        Assert.Single(_sync.Calendar.Events);
        await _sync.AssertQuietAsync();
    }

    [Fact]
    public async Task An_event_in_the_trash_comes_out_of_it_with_a_reconnect_that_finds_its_copy()
    {
        await DisconnectAsync();
        await _sync.DeleteAsync("canary-title");
        await SyncHarness.ConnectAsync(_sync.Database, _sync.Space, _sync.User);
        await _sync.RunDueAsync();

        Assert.Equal(1, await _sync.CountAsync("events"));
        await _sync.AssertSameTitlesAsync("canary-title");
        await _sync.AssertQuietAsync();
    }

    [Fact]
    public async Task A_create_that_arrives_after_its_event_was_deleted_brings_the_event_back_and_makes_no_second_one()
    {
        var (id, copy) = _sync.Calendar.Events.Single();
        await _sync.DeleteAsync("canary-title");
        await _sync.SyncAsync();
        Assert.Empty(_sync.Calendar.Events);

        // A worker that stood still has sent it, or somebody imports it from a backup (scenario 27): the two cannot be told apart.
        _sync.Calendar.PutBack(id, copy);

        await AssertOneAsync("canary-title");
        Assert.Equal(1, await _sync.CountAsync("events"));
    }

    [Fact]
    public async Task A_member_who_connects_while_a_deletion_is_on_its_way_does_not_bring_the_event_back()
    {
        await _sync.Database.ExecuteAsync("delete from calendar_connections where id = @Value", _other);
        await _sync.DeleteAsync("canary-title");
        var member = await _sync.Database.CreateUserAsync();
        await _sync.Database.AddMemberAsync(_sync.Space, member);
        await RunAsync(await SyncHarness.ConnectAsync(_sync.Database, _sync.Space, member));
        await _sync.SyncAsync();

        Assert.Empty(_sync.Calendar.Events);
        Assert.Empty(await _sync.TitlesAsync());
        await _sync.AssertQuietAsync();
    }

    [Fact]
    public async Task An_edit_outside_that_says_what_the_other_member_last_saw_is_an_edit()
    {
        var id = _sync.Calendar.Events.Keys.Single();
        await _sync.EditAsync("canary-title", "canary-title-second");
        await RunAsync(_sync.Connection);

        // Back to what it was, before the other one has heard of the second title.
        _sync.Calendar.Edit(id, c => c with { Title = "canary-title" });
        await RunAsync(_sync.Connection);

        await AssertOneAsync("canary-title");
    }

    [Fact]
    public async Task A_second_edit_is_not_undone_by_the_first_one_coming_back_through_the_other_member()
    {
        await _sync.EditAsync("canary-title", "canary-title-first");
        await RunAsync(_sync.Connection);
        await _sync.EditAsync("canary-title-first", "canary-title-second");
        await RunAsync(_other);

        await AssertOneAsync("canary-title-second");
        Assert.Equal(0, await _sync.CountAsync("calendar_sync_conflicts"));
    }

    [Fact]
    public async Task A_deletion_is_not_undone_by_an_edit_coming_back_through_the_other_member()
    {
        await _sync.EditAsync("canary-title", "canary-title-first");
        await RunAsync(_sync.Connection);
        await _sync.DeleteAsync("canary-title-first");
        await RunAsync(_other);
        await _sync.SyncAsync();

        Assert.Empty(_sync.Calendar.Events);
        Assert.Empty(await _sync.TitlesAsync());
        await _sync.AssertQuietAsync();
    }

    /// <summary>A pass of one of the two, which reads and writes; the other stands still.</summary>
    private async Task RunAsync(ConnectionId connection)
    {
        await _sync.Database.ExecuteAsync("update calendar_connections set sync_enabled = id = @Value", connection);
        await _sync.SyncAsync();
        await _sync.Database.ExecuteAsync("update calendar_connections set sync_enabled = true");
    }

    /// <summary>Both disconnect. The event has no UID of a counterpart, as when only one of them had ever been there.</summary>
    private Task<int> DisconnectAsync() => _sync.Database.ExecuteAsync("delete from calendar_connections; update events set ical_uid = null");

    private async Task AssertOneAsync(string title)
    {
        await _sync.SyncAsync();
        await _sync.AssertSameTitlesAsync(title);
        await _sync.AssertQuietAsync();
    }
}
