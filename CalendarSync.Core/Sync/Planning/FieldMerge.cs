using CalendarSync.Core.Model;

namespace CalendarSync.Core.Sync.Planning;

/// <summary>
/// Carries an edit from a side that holds less to one that holds more. Only the fields that the edit changed are taken over; the
/// others keep what the fuller side says, so that what Rowan cannot hold (a floating time, a zone per end) survives an edit of the title.
/// </summary>
public static class FieldMerge
{
    /// <summary>The external event after an edit in Rowan.</summary>
    /// <param name="external">The base as it stands outside.</param>
    /// <param name="before">The same base as Rowan holds it.</param>
    /// <param name="after">Rowan's event now.</param>
    public static CalendarEvent Onto(CalendarEvent external, CalendarEvent before, CalendarEvent after)
    {
        var (held, was, now) = (external.Content, before.Content, after.Content);

        // Start and end are one field: half a move would be an event that nobody wrote.
        var moved = was.Start != now.Start || was.End != now.End;
        return external with
        {
            Content = new EventContent(
                Pick(held.Title, was.Title, now.Title)!,
                Pick(held.Description, was.Description, now.Description),
                Pick(held.Location, was.Location, now.Location),
                moved ? now.Start : held.Start,
                moved ? now.End : held.End,
                Pick(held.Color, was.Color, now.Color)),
        };
    }

    private static string? Pick(string? held, string? was, string? now) => string.Equals(was ?? "", now ?? "", StringComparison.Ordinal) ? held : now;
}
