namespace CalendarSync.IntegrationTests.Database;

/// <summary>What a table answers to somebody: the number of rows, or "no" for want of a right (SQLSTATE 42501).</summary>
internal sealed record Answers(string Select, string Insert, string Update, string Delete)
{
    /// <summary>Not even a look.</summary>
    public static Answers Nothing { get; } = new("no", "no", "no", "no");
}

/// <summary>Who may do what with the rows of Anna's space. Nobody else has any, so a stranger must find none.</summary>
/// <param name="Table">With its schema.</param>
/// <param name="Anna">Owner of the space, of the connection and of the notice.</param>
/// <param name="Ben">Another member.</param>
/// <param name="Stranger">A member of another space.</param>
/// <param name="Column">The column that the update sets to itself.</param>
/// <param name="Insert">A row into Anna's space, complete where somebody may insert it.</param>
internal sealed record TableAccess(string Table, Answers Anna, Answers Ben, Answers Stranger, string Column, string? Insert = null)
{
    private static readonly Answers None = new("0", "no", "no", "no");
    private static readonly Answers ReadOne = new("1", "no", "no", "no");

    /// <summary>Every table there is. A new one fails the test that looks for it until it is written here.</summary>
    public static IReadOnlyList<TableAccess> All { get; } =
    [
        new("public.users", new("2", "no", "1", "no"), new("2", "no", "1", "no"), new("1", "no", "1", "no"), "name",
            "insert into public.users (id, email, name) values (gen_random_uuid(), 'x', 'x')"),
        new("public.spaces", new("1", "no", "1", "no"), new("1", "no", "0", "no"), new("1", "no", "1", "no"), "name"),
        new("public.space_members", ReadOne, ReadOne, ReadOne, "role"),
        new("public.events", new("1", "1", "1", "1"), new("1", "1", "1", "1"), new("0", "no", "0", "0"), "title",
            "insert into public.events (space_id, title, start_time) values (@space, 'canary', now())"),
        new("public.recurring_event_exceptions", new("1", "1", "no", "1"), new("1", "1", "no", "1"), new("0", "no", "no", "0"), "exception_type",
            "insert into public.recurring_event_exceptions (series_id, exception_date, exception_type) values (@happening, '2030-01-01', 'deleted')"),
        new("public.in_app_notifications", new("1", "1", "1", "1"), new("0", "no", "0", "0"), new("0", "no", "0", "0"), "title",
            "insert into public.in_app_notifications (user_id, type, title, content) values (@anna, 'event', 'x', 'x')"),
        new("public.calendar_connections", new("1", "1", "1", "0"), new("1", "no", "0", "0"), new("0", "no", "0", "0"), "sync_direction",
            "insert into public.calendar_connections (user_id, space_id, provider) values (@anna, @space, 'outlook')"),
        new("public.calendar_connection_calendars", ReadOne, ReadOne, None, "name"),
        new("public.calendar_event_mappings", ReadOne, ReadOne, None, "origin"),
        new("public.calendar_sync_queue", ReadOne, ReadOne, None, "status"),
        new("public.calendar_sync_logs", ReadOne, ReadOne, None, "status"),
        new("public.calendar_sync_errors", ReadOne, ReadOne, None, "message"),
        new("public.calendar_held_deletions", ReadOne, ReadOne, None, "title"),
        new("public.calendar_event_copies", Answers.Nothing, Answers.Nothing, Answers.Nothing, "ical_uid"),
        new("public.calendar_sync_conflicts", ReadOne, ReadOne, None, "title"),
        new("public.calendar_previews", Answers.Nothing, Answers.Nothing, Answers.Nothing, "status"),
        new("public.calendar_webhook_subscriptions", ReadOne, ReadOne, None, "is_active"),
        new("auth.users", Answers.Nothing, Answers.Nothing, Answers.Nothing, "email"),
        new("calendar_private.calendar_secrets", Answers.Nothing, Answers.Nothing, Answers.Nothing, "ciphertext"),
        new("calendar_migrations.journal", Answers.Nothing, Answers.Nothing, Answers.Nothing, "scriptname"),
    ];

    /// <summary>The entry of a table; a partition of the logs can be reached through its parent only.</summary>
    public static TableAccess? Find(string table) => table.StartsWith("public.calendar_sync_logs_", StringComparison.Ordinal)
        ? new TableAccess(table, Answers.Nothing, Answers.Nothing, Answers.Nothing, "status")
        : All.SingleOrDefault(access => access.Table == table);
}
