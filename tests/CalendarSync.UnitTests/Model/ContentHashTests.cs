using System.Collections.Immutable;
using CalendarSync.Core.Model;
using CsCheck;
using NodaTime;

namespace CalendarSync.UnitTests.Model;

public sealed class ContentHashTests
{
    private static readonly EventTime Start = new EventTime.Zoned(new LocalDateTime(2026, 3, 29, 9, 30), "Europe/Berlin");
    private static readonly EventTime End = new EventTime.Zoned(new LocalDateTime(2026, 3, 29, 10, 0), "Europe/Berlin");
    private static readonly EventContent Lunch = new("Lunch", "With Ben", "Café", Start, End, "#FF0000");

    [Fact]
    public void The_hash_of_a_known_event_never_changes()
    {
        // It is stored as the base of every mapping: another value would make every event of every family look edited.
        Assert.Equal("v1:9e34a80c80e1e704caea9c3759b0958e", Hash(Lunch).Value);
    }

    [Fact]
    public void The_hash_of_a_known_series_never_changes()
    {
        var series = new CalendarEvent(
            Lunch,
            new Recurrence(["FREQ=DAILY;COUNT=3"], [new EventTime.AllDay(new LocalDate(2026, 4, 2))], [new EventTime.Floating(new LocalDateTime(2026, 4, 3, 9, 0))]),
            [new EventOverride(Start, Lunch with { Title = "Late lunch" })]);

        Assert.Equal("v1:9dd8b2da0876f3e17ae357f4aef580d5", ContentHash.Of(series).Value);
    }

    public static TheoryData<string, EventContent> Edits => new()
    {
        { "title", Lunch with { Title = "Dinner" } },
        { "case of the title", Lunch with { Title = "lunch" } },
        { "description", Lunch with { Description = "With Chloe" } },
        { "no description", Lunch with { Description = null } },
        { "location", Lunch with { Location = "Home" } },
        { "start", Lunch with { Start = new EventTime.Zoned(new LocalDateTime(2026, 3, 29, 9, 31), "Europe/Berlin") } },
        { "end", Lunch with { End = new EventTime.Zoned(new LocalDateTime(2026, 3, 29, 10, 1), "Europe/Berlin") } },
        { "zone", Lunch with { Start = new EventTime.Zoned(new LocalDateTime(2026, 3, 29, 9, 30), "Europe/Paris") } },
        { "floating", Lunch with { Start = new EventTime.Floating(new LocalDateTime(2026, 3, 29, 9, 30)) } },
        { "all day", Lunch with { Start = new EventTime.AllDay(new LocalDate(2026, 3, 29)) } },
        { "colour", Lunch with { Color = "#00FF00" } },
        { "text moved to the next field", Lunch with { Title = "LunchWith", Description = " Ben" } },
        { "description and location swapped", Lunch with { Description = Lunch.Location, Location = Lunch.Description } },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void An_edit_of_any_field_changes_the_hash(string edit, EventContent edited)
    {
        Assert.True(Hash(edited) != Hash(Lunch), edit);
    }

    [Fact]
    public void Null_and_empty_texts_are_the_same()
    {
        Assert.Equal(Hash(Lunch with { Description = null, Location = null }), Hash(Lunch with { Description = "", Location = "" }));
    }

    [Fact]
    public void Line_endings_make_no_difference()
    {
        Assert.Equal(Hash(Lunch with { Description = "a\nb" }), Hash(Lunch with { Description = "a\r\nb" }));
    }

    [Fact]
    public void A_field_cannot_imitate_the_field_that_follows_it()
    {
        var honest = Lunch with { Title = "a", Description = "b" };
        var forged = Lunch with { Title = "a\ndescription:1:b", Description = null };

        Assert.NotEqual(Hash(honest), Hash(forged));
    }

    [Fact]
    public void A_series_differs_from_its_first_occurrence()
    {
        var series = new CalendarEvent(Lunch, new Recurrence(["FREQ=DAILY"], [], []), []);

        Assert.NotEqual(ContentHash.Of(new CalendarEvent(Lunch)), ContentHash.Of(series));
    }

    [Fact]
    public void The_order_in_which_a_series_lists_its_parts_makes_no_difference() =>
        Gens.Event.Sample(original => ContentHash.Of(Reversed(original)) == ContentHash.Of(original));

    [Fact]
    public void Two_events_have_one_hash_exactly_when_they_say_the_same() =>
        Gen.Select(FewEvents, FewEvents).Sample((one, other) => (Hash(one) == Hash(other)) == (Plain(one) == Plain(other)), iter: 20_000);

    // Few enough that a pair is often equal, and close enough that a field which runs into the next one would be seen.
    private static Gen<EventContent> FewEvents =>
        Gen.Select(
                Gen.OneOf("", "a", "a\nlocation:1:a"),
                Gen.OneOf<string?>(null, "", "a"),
                Gen.OneOf<string?>(null, "", "a"),
                Gen.OneOf(Start, End),
                Gen.OneOf(Start, End),
                Gen.OneOf<string?>(null, "#FF0000"))
            .Select((title, description, location, start, end, color) => new EventContent(title, description, location, start, end, color));

    private static EventContent Plain(EventContent content) =>
        content with { Description = content.Description ?? "", Location = content.Location ?? "" };

    private static ContentHash Hash(EventContent content) => ContentHash.Of(new CalendarEvent(content));

    private static CalendarEvent Reversed(CalendarEvent e) => e with
    {
        Recurrence = e.Recurrence is { } r ? new Recurrence(Reverse(r.Rules), Reverse(r.Dates), Reverse(r.Exclusions)) : null,
        Overrides = Reverse(e.Overrides),
    };

    private static ImmutableArray<T> Reverse<T>(ImmutableArray<T> items) => [.. items.Reverse()];
}
