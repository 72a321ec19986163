using CalendarSync.Web.Api;
using CalendarSync.Web.Components.Parts;

namespace CalendarSync.UnitTests.Web;

public sealed class SettingsDraftTests
{
    private static readonly AccountCalendar Home = new("/home/", "Home", null, ReadOnly: false, Selected: true, Target: true, Removed: false);
    private static readonly AccountCalendar Work = new("/work/", "Work", null, ReadOnly: false, Selected: false, Target: false, Removed: false);
    private static readonly AccountCalendar Shared = new("/shared/", "Shared", null, ReadOnly: true, Selected: true, Target: false, Removed: false);
    private static readonly AccountCalendar Gone = new("/gone/", "Gone", null, ReadOnly: false, Selected: true, Target: false, Removed: true);

    [Fact]
    public void Where_nothing_has_changed_there_is_nothing_to_save()
    {
        var draft = Draft(Home, Work, Shared);
        Assert.Null(draft.Change);
        draft.Select(Work, true);
        draft.Select(Work, false);
        Assert.Null(draft.Change);
    }

    [Fact]
    public void Only_what_has_changed_is_saved()
    {
        var draft = Draft(Home, Work, Shared);
        draft.Direction = "inbound_only";
        Assert.Equal(("inbound_only", true, true), (draft.Change!.SyncDirection, draft.Change.CalendarIds is null, draft.Change.TargetCalendarId is null));
        draft.Direction = "bidirectional";
        draft.Select(Work, true);
        draft.Target = "/work/";
        Assert.Equal((null, "/work/"), (draft.Change!.SyncDirection, draft.Change.TargetCalendarId));
        Assert.Equal(["/home/", "/work/", "/shared/"], draft.Change.CalendarIds!);
    }

    [Fact]
    public void New_events_can_go_to_a_synced_calendar_that_is_there_and_can_be_written_only()
    {
        var draft = Draft(Home, Work, Shared, Gone);
        Assert.Equal([Home], draft.Targets);
        draft.Select(Work, true);
        draft.Select(Home, false);
        Assert.Equal("/work/", draft.Target);
        draft.Select(Work, false);
        Assert.Equal("", draft.Target);
        Assert.Null(draft.Change!.TargetCalendarId);
        Assert.Null(draft.Problem);
    }

    [Fact]
    public void A_connection_without_any_calendar_is_not_saved()
    {
        var draft = Draft(Home);
        draft.Select(Home, false);
        Assert.NotNull(draft.Problem);
    }

    [Fact]
    public void People_are_told_what_is_special_about_a_calendar() =>
        Assert.Equal([null, "read-only", "gone from the account"], new[] { Home, Shared, Gone }.Select(SettingsDraft.Remark));

    private static SettingsDraft Draft(params AccountCalendar[] calendars) => new(
        new Connection { Id = Guid.NewGuid(), Provider = "apple", UserId = Guid.NewGuid(), SyncStatus = "active", SyncDirection = "bidirectional" }, calendars);
}
