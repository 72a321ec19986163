namespace CalendarSync.Core.Model;

/// <summary>The calendars that we sync with; Rowan's enum <c>calendar_provider</c>. Rowan's <c>outlook</c> and <c>ics</c> are not ours.</summary>
public enum CalendarProvider
{
    /// <summary>Google Calendar.</summary>
    Google,

    /// <summary>iCloud, or any CalDAV server by its address.</summary>
    Apple,

    /// <summary>Cozi, through the bridge.</summary>
    Cozi,
}

/// <summary>Names of enums as the database and the HTTP API write them.</summary>
public static class CalendarProviders
{
    /// <summary>The value of the SQL enum: "google", "apple" or "cozi".</summary>
    public static string ToSql(this CalendarProvider provider) => provider switch
    {
        CalendarProvider.Google => "google",
        CalendarProvider.Apple => "apple",
        CalendarProvider.Cozi => "cozi",
        _ => throw new ArgumentOutOfRangeException(nameof(provider)),
    };

    /// <summary>The reverse of <see cref="ToSql"/>; <c>null</c> for any other text.</summary>
    public static CalendarProvider? Parse(string? value) => value switch
    {
        "google" => CalendarProvider.Google,
        "apple" => CalendarProvider.Apple,
        "cozi" => CalendarProvider.Cozi,
        _ => null,
    };
}
