namespace CalendarSync.Api.Features.Syncing.Errors;

/// <summary>What a person can do about an event that is not synced.</summary>
internal static class ErrorAdvice
{
    public static string For(string code) => code switch
    {
        "read_only" => "Change it in the calendar app of its owner, or ask for the right to write.",
        "no_writable_calendar" => "Add a calendar that you may write to, or choose another one in the settings.",
        "calendar_gone" => "Choose another calendar in the settings. The events stay in Rowan.",
        "unreadable_event" or "not_an_event" or "not_storable" => "Open it in your calendar app and save it again, or delete it there.",
        "not_served" => "Nothing. It is read again by itself; if it stays so, save the event again in your calendar app.",
        "too_large" => "Shorten its description or remove attachments.",
        "quota" => "Make room in your calendar account.",
        "uid_conflict" => "Move the event back to the calendar that is synced, or delete the copy in the other one.",
        "rejected" => "Check its times in Rowan and save it again.",
        "series_not_supported" => "Nothing. Repeating events will be synced later.",
        "keeps_changing" => "Nothing. It is tried again by itself.",
        _ => "Nothing. It is tried again by itself; you can also try now.",
    };
}
