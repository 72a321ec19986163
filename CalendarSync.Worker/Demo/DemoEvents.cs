using CalendarSync.Core.Model;
using NodaTime;

namespace CalendarSync.Worker.Demo;

/// <summary>An event of the demo family as Rowan holds it.</summary>
internal sealed record DemoEvent(Guid Id, DemoSpace Space, DemoUser Author, string Category, EventContent Content);

/// <summary>What the family has written into Rowan: timed, all-day, over several days, and in a zone that is not its own.</summary>
internal static class DemoEvents
{
    /// <summary>The events around a day.</summary>
    /// <param name="today">The family's today; everything lies in the four weeks after it.</param>
    public static IReadOnlyList<DemoEvent> For(LocalDate today)
    {
        var monday = today.Next(IsoDayOfWeek.Monday);
        var friday = today.Next(IsoDayOfWeek.Friday);
        EventContent[] home =
        [
            Timed("Dentist: Ada", today.PlusDays(1), 15, 30, 45, "Dr. Ruiz, 14 Harbor Street", "Bring the insurance card."),
            Timed("Parents' evening", today.PlusDays(3), 18, 30, 60, "Lakeside Elementary, room 12"),
            Timed("Piano lesson", monday, 16, 0, 45, "Mrs. Novak's"),
            Timed("Call with Uncle Obi", today.PlusDays(5), 17, 0, 40, null, "He is an hour ahead of London in winter.", "Africa/Lagos"),
            Days("Grandma's birthday", today.PlusDays(6), 1, null, "Cake is ordered."),
            Days("School holiday", monday.PlusWeeks(1), 5),
            WeekendTrip(friday.PlusWeeks(1)),
            Timed("Car inspection", monday.PlusWeeks(2).PlusDays(1), 8, 15, 90, "Northside Garage"),
        ];
        EventContent[] carpool =
        [
            Timed("Soccer practice: pick-up", today.PlusDays(2), 17, 45, 30, "Field 3, Lakeside Park"),
            Timed("Swim club: drop-off", friday, 6, 40, 25, "County pool, north door"),
            Days("No carpool: school closed", monday.PlusWeeks(1), 5),
            Timed("Plan the next month", monday.PlusWeeks(2), 20, 0, 30, null, "Who drives on which day?"),
        ];
        return
        [
            .. home.Select((content, i) => Event(i + 1, DemoFamily.Okafors, i % 3 == 1 ? DemoFamily.Ben : DemoFamily.Amara, "family", content)),
            .. carpool.Select((content, i) => Event(i + 101, DemoFamily.Carpool, DemoFamily.Chloe, "social", content)),
        ];
    }

    private static DemoEvent Event(int number, DemoSpace space, DemoUser author, string category, EventContent content) =>
        new(new Guid($"c0000000-0000-4000-8000-{number:D12}"), space, author, category, content);

    private static EventContent Timed(
        string title, LocalDate date, int hour, int minute, int minutes, string? location = null, string? description = null, string zone = DemoFamily.Zone)
    {
        var start = date.At(new LocalTime(hour, minute));
        return new(title, description, location, new EventTime.Zoned(start, zone), new EventTime.Zoned(start.PlusMinutes(minutes), zone));
    }

    private static EventContent Days(string title, LocalDate first, int count, string? location = null, string? description = null) =>
        new(title, description, location, new EventTime.AllDay(first), new EventTime.AllDay(first.PlusDays(count)));

    private static EventContent WeekendTrip(LocalDate friday) => new(
        "Weekend at the lake",
        "Sleeping bags, rain jackets, the big pot.",
        "Cabin 9, Mirror Lake",
        new EventTime.Zoned(friday.At(new LocalTime(17, 0)), DemoFamily.Zone),
        new EventTime.Zoned(friday.PlusDays(2).At(new LocalTime(16, 0)), DemoFamily.Zone));
}
