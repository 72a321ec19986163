using System.Collections.Immutable;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using NodaTime;

namespace CalendarSync.IntegrationTests.Conformance;

/// <summary>What every provider has to do, whatever it speaks. Each runs it by one line.</summary>
public abstract class CalendarProviderConformance
{
    private static readonly EventContent Dinner = new(
        "Dinner, with; \\Ben\\ 🥕 \"Übung\"", "line one\nline two: x;y,z", "Café \\ Home",
        new EventTime.Zoned(new LocalDateTime(2026, 3, 28, 19, 30), "Europe/Berlin"),
        new EventTime.Zoned(new LocalDateTime(2026, 3, 28, 21, 0), "Europe/Berlin"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<ConformanceCalendar> CreateCalendarAsync();

    [Fact]
    public async Task The_calendar_is_listed_under_its_id()
    {
        await using var calendar = await CreateCalendarAsync();

        var listed = await calendar.Provider.ListCalendarsAsync(calendar.Account, Cancellation);

        Assert.Contains(listed, c => c.Id == calendar.CalendarId && !c.ReadOnly);
        Assert.Single(listed, c => c.Primary);
    }

    [Fact]
    public async Task A_first_pull_names_every_event_and_is_complete()
    {
        await using var calendar = await CreateCalendarAsync();
        var school = await calendar.AddOutsideAsync("School");
        var dentist = await calendar.AddOutsideAsync("Dentist");

        var pull = await PullResult.OfAsync(calendar);

        Assert.True(pull.IsComplete);
        Assert.Equal([dentist, school], pull.Present.OrderBy(p => p.Event.Content.Title).Select(p => p.ExternalId));
        Assert.Equal(["Dentist", "School"], pull.Present.Select(p => p.Event.Content.Title).Order());
        Assert.All(pull.Present, p => Assert.Equal(new EventTime.Zoned(new LocalDateTime(2026, 3, 14, 10, 0), "Europe/Berlin"), p.Event.Content.Start));
        Assert.All(pull.Present, p => Assert.Equal(new EventTime.Zoned(new LocalDateTime(2026, 3, 14, 11, 0), "Europe/Berlin"), p.Event.Content.End));
        Assert.All(pull.Present, p => Assert.NotNull(p.Etag));
        Assert.All(pull.Present, p => Assert.Null(p.WrittenFor));
    }

    [Fact]
    public async Task An_empty_calendar_is_complete_too()
    {
        await using var calendar = await CreateCalendarAsync();

        var pull = await PullResult.OfAsync(calendar);

        Assert.True(pull.IsComplete);
        Assert.Empty(pull.Changes);
    }

    [Fact]
    public async Task A_pull_without_news_is_one_request_and_nothing_else()
    {
        await using var calendar = await CreateCalendarAsync();
        await calendar.AddOutsideAsync("School");
        var first = await PullResult.OfAsync(calendar);
        var before = calendar.Requests;

        var second = await PullResult.OfAsync(calendar, first.Cursor, first.Known);

        Assert.Equal(1, calendar.Requests - before);
        Assert.Empty(second.Changes);
        Assert.Single((await PullResult.OfAsync(calendar, second.Cursor, first.Known)).Pages);
    }

    [Fact]
    public async Task What_others_add_edit_and_delete_comes_with_the_next_pull()
    {
        await using var calendar = await CreateCalendarAsync();
        var edited = await calendar.AddOutsideAsync("School");
        var deleted = await calendar.AddOutsideAsync("Dentist");
        await calendar.AddOutsideAsync("Untouched");
        var first = await PullResult.OfAsync(calendar);
        await calendar.EditOutsideAsync(edited, "School play");
        await calendar.DeleteOutsideAsync(deleted);
        var added = await calendar.AddOutsideAsync("Zoo");

        var second = await PullResult.OfAsync(calendar, first.Cursor, first.Known);

        Assert.Equal(
            [(edited, "School play"), (added, "Zoo")],
            second.Present.Select(p => (p.ExternalId, p.Event.Content.Title)).OrderBy(p => p.Title));
        var gone = second.IsComplete
            ? first.Known.Keys.Except(second.Changes.Select(c => c.ExternalId)).Except(second.Unchanged)
            : second.Changes.OfType<RemoteChange.Deleted>().Select(d => d.ExternalId);
        Assert.Equal([deleted], gone);
        Assert.Empty((await PullResult.OfAsync(calendar, second.Cursor, second.Known)).Changes);
    }

    [Fact]
    public async Task After_a_lost_cursor_a_full_compare_reads_only_what_differs()
    {
        await using var calendar = await CreateCalendarAsync();
        var same = await calendar.AddOutsideAsync("School");
        var edited = await calendar.AddOutsideAsync("Dentist");
        var deleted = await calendar.AddOutsideAsync("Zoo");
        var first = await PullResult.OfAsync(calendar);
        await calendar.EditOutsideAsync(edited, "Dentist moved");
        await calendar.DeleteOutsideAsync(deleted);

        var fault = await Assert.ThrowsAsync<ProviderException>(() => PullResult.OfAsync(calendar, calendar.Forget(first.Cursor), first.Known));
        var full = await PullResult.OfAsync(calendar, null, first.Known);

        Assert.Equal(ProviderFault.CursorExpired, fault.Fault);
        Assert.True(full.IsComplete);
        Assert.Equal([same], full.Unchanged);
        var read = Assert.IsType<RemoteChange.Present>(Assert.Single(full.Changes));
        Assert.Equal((edited, "Dentist moved"), (read.ExternalId, read.Event.Content.Title));
    }

    [Fact]
    public async Task A_create_is_stored_with_the_etag_of_what_was_stored()
    {
        await using var calendar = await CreateCalendarAsync();
        var identity = new EventIdentity(new RowanEventId(Guid.NewGuid()), 0);

        var stored = Assert.IsType<WriteResult.Stored>(await PushAsync(calendar, new WriteOperation.Create(identity, new CalendarEvent(Dinner))));

        Assert.False(stored.Adopted);
        Assert.Equal(identity.Uid, stored.Version.Uid);
        Assert.Equal(calendar.Provider.ExternalIdOf(calendar.CalendarId, identity), stored.Version.ExternalId);
        Assert.Equal(calendar.Account.SpaceId, stored.Version.WrittenFor);
        Assert.Equal(ContentHash.Of(new CalendarEvent(Dinner)), ContentHash.Of(stored.Version.Event));
        Assert.Equal(ContentHash.Of(stored.Version.Event), ContentHash.Of(calendar.Provider.ReadPayload(stored.Version.Payload, DateTimeZone.Utc)));
        var pulled = Assert.Single((await PullResult.OfAsync(calendar)).Present);
        Assert.Equal((stored.Version.ExternalId, stored.Version.Etag), (pulled.ExternalId, pulled.Etag));
    }

    public static TheoryData<EventTime, EventTime> Times => new()
    {
        { new EventTime.AllDay(new LocalDate(2026, 3, 29)), new EventTime.AllDay(new LocalDate(2026, 3, 30)) },
        { new EventTime.AllDay(new LocalDate(2026, 12, 30)), new EventTime.AllDay(new LocalDate(2027, 1, 3)) },
        { new EventTime.Zoned(new LocalDateTime(2026, 3, 29, 1, 30), "Europe/Berlin"), new EventTime.Zoned(new LocalDateTime(2026, 3, 29, 3, 30), "Europe/Berlin") },
        { new EventTime.Zoned(new LocalDateTime(2026, 7, 1, 8, 0), "America/New_York"), new EventTime.Zoned(new LocalDateTime(2026, 7, 1, 8, 0), "America/New_York") },
        { new EventTime.Zoned(new LocalDateTime(2026, 7, 1, 8, 0), "UTC"), new EventTime.Zoned(new LocalDateTime(2026, 7, 3, 8, 0), "UTC") },
    };

    [Theory]
    [MemberData(nameof(Times))]
    public async Task Times_come_back_as_they_were_written(EventTime start, EventTime end)
    {
        await using var calendar = await CreateCalendarAsync();
        var wanted = new CalendarEvent(Dinner with { Start = start, End = end });

        var stored = Assert.IsType<WriteResult.Stored>(await PushAsync(calendar, new WriteOperation.Create(NewIdentity(), wanted)));

        Assert.Equal((start, end), (stored.Version.Event.Content.Start, stored.Version.Event.Content.End));
        Assert.Equal(ContentHash.Of(wanted), ContentHash.Of(Assert.Single((await PullResult.OfAsync(calendar)).Present).Event));
    }

    [Fact]
    public async Task A_repeated_create_adopts_what_is_there_and_makes_no_second_event()
    {
        await using var calendar = await CreateCalendarAsync();
        var create = new WriteOperation.Create(NewIdentity(), new CalendarEvent(Dinner));
        var first = Assert.IsType<WriteResult.Stored>(await PushAsync(calendar, create));
        await calendar.EditOutsideAsync(first.Version.ExternalId, "Edited by hand");

        var again = Assert.IsType<WriteResult.Stored>(await PushAsync(calendar, create));

        Assert.True(again.Adopted);
        Assert.Equal(first.Version.ExternalId, again.Version.ExternalId);
        Assert.Equal("Edited by hand", again.Version.Event.Content.Title);
        Assert.Single((await PullResult.OfAsync(calendar)).Present);
    }

    [Fact]
    public async Task An_update_on_the_right_version_is_stored()
    {
        await using var calendar = await CreateCalendarAsync();
        await calendar.AddOutsideAsync("School");
        var there = Assert.Single((await PullResult.OfAsync(calendar)).Present);
        var wanted = new CalendarEvent(there.Event.Content with { Title = "School play", Location = "Hall" });

        var stored = Assert.IsType<WriteResult.Stored>(await PushAsync(calendar, new WriteOperation.Update(there.ExternalId, there.Etag, there.Payload, wanted)));

        Assert.Equal(ContentHash.Of(wanted), ContentHash.Of(stored.Version.Event));
        Assert.NotEqual(there.Etag, stored.Version.Etag);
        Assert.Contains("School play", await calendar.ReadOutsideAsync(there.ExternalId));
        Assert.Equal(stored.Version.Etag, Assert.Single((await PullResult.OfAsync(calendar)).Present).Etag);
    }

    [Fact]
    public async Task An_update_on_an_old_version_is_a_conflict_and_changes_nothing()
    {
        await using var calendar = await CreateCalendarAsync();
        await calendar.AddOutsideAsync("School");
        var there = Assert.Single((await PullResult.OfAsync(calendar)).Present);
        await calendar.EditOutsideAsync(there.ExternalId, "Edited by hand");

        var result = await PushAsync(calendar, new WriteOperation.Update(there.ExternalId, there.Etag, there.Payload, new CalendarEvent(Dinner)));

        Assert.IsType<WriteResult.VersionConflict>(result);
        Assert.Contains("Edited by hand", await calendar.ReadOutsideAsync(there.ExternalId));
    }

    [Fact]
    public async Task An_update_never_brings_a_deleted_event_back()
    {
        await using var calendar = await CreateCalendarAsync();
        await calendar.AddOutsideAsync("School");
        var there = Assert.Single((await PullResult.OfAsync(calendar)).Present);
        await calendar.DeleteOutsideAsync(there.ExternalId);

        var result = await PushAsync(calendar, new WriteOperation.Update(there.ExternalId, there.Etag, there.Payload, new CalendarEvent(Dinner)));

        Assert.True(result is WriteResult.Gone or WriteResult.VersionConflict, result.ToString());
        Assert.IsType<RemoteChange.Deleted>(Assert.Single(await calendar.Provider.FetchAsync(calendar.Account, calendar.CalendarId, [there.ExternalId], Cancellation)));
        Assert.Null(await calendar.ReadOutsideAsync(there.ExternalId));
    }

    [Fact]
    public async Task A_delete_is_done_and_so_is_the_same_delete_again()
    {
        await using var calendar = await CreateCalendarAsync();
        await calendar.AddOutsideAsync("School");
        var there = Assert.Single((await PullResult.OfAsync(calendar)).Present);
        var delete = new WriteOperation.Delete(there.ExternalId, there.Etag);

        Assert.IsType<WriteResult.Deleted>(await PushAsync(calendar, delete));
        Assert.Null(await calendar.ReadOutsideAsync(there.ExternalId));
        Assert.IsType<WriteResult.Deleted>(await PushAsync(calendar, delete));
    }

    [Fact]
    public async Task A_delete_of_an_old_version_is_a_conflict_and_deletes_nothing()
    {
        await using var calendar = await CreateCalendarAsync();
        await calendar.AddOutsideAsync("School");
        var there = Assert.Single((await PullResult.OfAsync(calendar)).Present);
        await calendar.EditOutsideAsync(there.ExternalId, "Edited by hand");

        Assert.IsType<WriteResult.VersionConflict>(await PushAsync(calendar, new WriteOperation.Delete(there.ExternalId, there.Etag)));
        Assert.Contains("Edited by hand", await calendar.ReadOutsideAsync(there.ExternalId));
    }

    [Fact]
    public async Task Results_stand_in_the_order_of_the_operations_and_one_failure_stops_no_other()
    {
        await using var calendar = await CreateCalendarAsync();
        await calendar.AddOutsideAsync("School");
        var there = Assert.Single((await PullResult.OfAsync(calendar)).Present);
        await calendar.EditOutsideAsync(there.ExternalId, "Edited by hand");
        var creates = Enumerable.Range(0, 9).Select(i => new WriteOperation.Create(NewIdentity(), new CalendarEvent(Dinner with { Title = $"Event {i}" }))).ToArray();

        var results = await calendar.Provider.PushAsync(
            calendar.Account, calendar.CalendarId,
            [.. creates[..4], new WriteOperation.Update(there.ExternalId, there.Etag, there.Payload, new CalendarEvent(Dinner)), .. creates[4..]],
            Cancellation);

        Assert.IsType<WriteResult.VersionConflict>(results[4]);
        Assert.Equal(
            Enumerable.Range(0, 9).Select(i => $"Event {i}"),
            results.RemoveAt(4).Select(r => Assert.IsType<WriteResult.Stored>(r).Version.Event.Content.Title));
        Assert.Equal(10, (await PullResult.OfAsync(calendar)).Present.Count);
    }

    [Fact]
    public async Task Own_writes_are_recognised_by_their_etag_in_the_next_pull()
    {
        await using var calendar = await CreateCalendarAsync();
        var first = await PullResult.OfAsync(calendar);
        var stored = Assert.IsType<WriteResult.Stored>(await PushAsync(calendar, new WriteOperation.Create(NewIdentity(), new CalendarEvent(Dinner))));

        var second = await PullResult.OfAsync(calendar, first.Cursor, new Dictionary<string, string?> { [stored.Version.ExternalId] = stored.Version.Etag });

        Assert.Empty(second.Changes);
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_is_named_and_the_others_arrive()
    {
        await using var calendar = await CreateCalendarAsync();
        var good = new[] { await calendar.AddOutsideAsync("School"), await calendar.AddOutsideAsync("Dentist") };
        var bad = await calendar.AddUnreadableAsync();

        var pull = await PullResult.OfAsync(calendar);

        Assert.True(pull.IsComplete);
        Assert.Equal(good.Order(), pull.Present.Select(p => p.ExternalId).Order());
        var unreadable = Assert.Single(pull.Changes.OfType<RemoteChange.Unreadable>());
        Assert.Equal((bad, "unreadable_event"), (unreadable.ExternalId, unreadable.Code));
        Assert.NotNull(unreadable.Etag);
        Assert.IsType<RemoteChange.Unreadable>(Assert.Single(await calendar.Provider.FetchAsync(calendar.Account, calendar.CalendarId, [bad], Cancellation)));
    }

    [Fact]
    public async Task Single_events_can_be_read_again()
    {
        await using var calendar = await CreateCalendarAsync();
        var there = await calendar.AddOutsideAsync("School");
        var gone = await calendar.AddOutsideAsync("Dentist");
        await calendar.DeleteOutsideAsync(gone);

        var fetched = await calendar.Provider.FetchAsync(calendar.Account, calendar.CalendarId, [there, gone], Cancellation);

        Assert.Equal("School", Assert.Single(fetched.OfType<RemoteChange.Present>()).Event.Content.Title);
        Assert.Equal(gone, Assert.Single(fetched.OfType<RemoteChange.Deleted>()).ExternalId);
        Assert.Equal(2, fetched.Length);
    }

    [Fact]
    public async Task A_wrong_password_is_said_as_such()
    {
        await using var calendar = await CreateCalendarAsync();
        Assert.SkipUnless(calendar.ChecksPasswords, "This server lets everybody in.");
        var stranger = calendar.Account with { ConnectionId = new ConnectionId(Guid.NewGuid()), ReadSecretAsync = (_, _) => ValueTask.FromResult("wrong") };

        var listing = await Assert.ThrowsAsync<ProviderException>(() => calendar.Provider.ListCalendarsAsync(stranger, Cancellation));
        var pull = await Assert.ThrowsAsync<ProviderException>(() => PullResult.OfAsync(calendar, account: stranger));
        var push = await Assert.ThrowsAsync<ProviderException>(() => calendar.Provider.PushAsync(
            stranger, calendar.CalendarId, [new WriteOperation.Create(NewIdentity(), new CalendarEvent(Dinner))], Cancellation));

        Assert.All([listing, pull, push], e => Assert.Equal((ProviderFault.AuthExpired, "invalid_credentials"), (e.Fault, e.Code)));
    }

    [Fact]
    public async Task A_calendar_that_was_deleted_is_gone_and_not_empty()
    {
        await using var calendar = await CreateCalendarAsync();
        await calendar.AddOutsideAsync("School");
        var first = await PullResult.OfAsync(calendar);
        await calendar.DeleteCalendarAsync();

        var delta = await Assert.ThrowsAsync<ProviderException>(() => PullResult.OfAsync(calendar, first.Cursor, first.Known));
        var full = await Assert.ThrowsAsync<ProviderException>(() => PullResult.OfAsync(calendar, null, first.Known));

        Assert.Contains(delta.Fault, new[] { ProviderFault.Gone, ProviderFault.CursorExpired });
        Assert.Equal(ProviderFault.Gone, full.Fault);
    }

    [Fact]
    public async Task An_event_that_was_deleted_can_be_made_again_from_what_it_was()
    {
        await using var calendar = await CreateCalendarAsync();
        var id = await calendar.AddOutsideAsync("School");
        var before = Assert.Single((await PullResult.OfAsync(calendar)).Present);
        await calendar.DeleteOutsideAsync(id);
        var identity = NewIdentity();
        var content = before.Event.Content with { Title = "School again" };

        var stored = Assert.IsType<WriteResult.Stored>(await PushAsync(calendar, new WriteOperation.Create(identity, new CalendarEvent(content), before.Payload)));

        Assert.False(stored.Adopted);
        Assert.Equal((identity.Uid, "School again", calendar.Account.SpaceId), (stored.Version.Uid, stored.Version.Event.Content.Title, stored.Version.WrittenFor));
        Assert.NotEqual(id, stored.Version.ExternalId);
        Assert.Single((await PullResult.OfAsync(calendar)).Present);
    }

    private static EventIdentity NewIdentity() => new(new RowanEventId(Guid.NewGuid()), 0);

    private static async Task<WriteResult> PushAsync(ConformanceCalendar calendar, WriteOperation operation) =>
        Assert.Single(await calendar.Provider.PushAsync(calendar.Account, calendar.CalendarId, ImmutableArray.Create(operation), Cancellation));
}
