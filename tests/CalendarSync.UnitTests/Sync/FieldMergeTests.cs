using CalendarSync.Core.Model;
using CalendarSync.Core.Sync.Planning;
using NodaTime;

namespace CalendarSync.UnitTests.Sync;

public sealed class FieldMergeTests
{
    private static readonly LocalDateTime Nine = new(2030, 5, 1, 9, 0);

    private static readonly CalendarEvent External = new(new EventContent(
        "Yoga", "Bring a mat", "Hall", new EventTime.Floating(Nine), new EventTime.Floating(Nine.PlusHours(1)), "#AABBCC"));

    // Rowan holds neither floating times nor, through this provider, colours.
    private static readonly CalendarEvent Before = new(External.Content with { Start = Zoned(Nine), End = Zoned(Nine.PlusHours(1)), Color = null });

    [Fact]
    public void An_edit_of_nothing_changes_nothing() =>
        Assert.Equal(External.Content, FieldMerge.Onto(External, Before, Before).Content);

    [Fact]
    public void An_edit_of_the_title_leaves_the_floating_time_and_the_colour() =>
        Assert.Equal(External.Content with { Title = "Pilates" }, FieldMerge.Onto(External, Before, Edit(c => c with { Title = "Pilates" })).Content);

    [Fact]
    public void A_field_that_was_emptied_is_empty() =>
        Assert.Equal(External.Content with { Description = null }, FieldMerge.Onto(External, Before, Edit(c => c with { Description = null })).Content);

    [Fact]
    public void A_move_takes_both_ends()
    {
        var moved = Edit(c => c with { End = Zoned(Nine.PlusHours(2)) });
        Assert.Equal(
            External.Content with { Start = moved.Content.Start, End = moved.Content.End },
            FieldMerge.Onto(External, Before, moved).Content);
    }

    private static CalendarEvent Edit(Func<EventContent, EventContent> edit) => new(edit(Before.Content));

    private static EventTime.Zoned Zoned(LocalDateTime local) => new(local, "Europe/Berlin");
}
