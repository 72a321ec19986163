using DbUp.Engine;

namespace CalendarSync.Core.Persistence;

/// <summary>The embedded migrations and the journal that remembers which of them are applied.</summary>
internal static class MigrationScripts
{
    public const string JournalSchema = "calendar_migrations";
    public const string JournalTable = "journal";
    public const string Journal = JournalSchema + "." + JournalTable;

    private const string Folder = "CalendarSync.Core.Persistence.Migrations.";

    /// <summary>All of them, in the order of their names: a name begins with the time it was written.</summary>
    public static IReadOnlyList<SqlScript> All { get; } = [.. Read().OrderBy(script => script.Name, StringComparer.Ordinal)];

    private static IEnumerable<SqlScript> Read()
    {
        var assembly = typeof(MigrationScripts).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return new SqlScript(resource[Folder.Length..], reader.ReadToEnd());
        }
    }
}
