using System.Security.Cryptography;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>A calendar as its server keeps it: read from its files, so that nothing between can say otherwise.</summary>
internal sealed class Outside(RadicaleAccount account, Uri calendar)
{
    private string Folder => Path.Combine(account.StorageFolder, calendar.Segments[^1].Trim('/'));

    /// <summary>Everything in the calendar.</summary>
    public IReadOnlyList<Entry> Read() =>
    [
        .. Directory.EnumerateFiles(Folder, "*.ics").Order(StringComparer.Ordinal).Select(file =>
        {
            var lines = File.ReadAllLines(file);
            return new Entry(Path.GetFileNameWithoutExtension(file), Value(lines, "UID:"), Value(lines, "SUMMARY:"));
        }),
    ];

    /// <summary>Changes when anything is written, even if it says the same.</summary>
    public IEnumerable<string> Snapshot() => Directory.EnumerateFiles(Folder, "*.ics").Order(StringComparer.Ordinal).Select(file =>
        $"{Path.GetFileName(file)} {File.GetLastWriteTimeUtc(file):O} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}");

    public IReadOnlyList<string> Titles() => [.. Read().Select(entry => entry.Title).Order(StringComparer.Ordinal)];

    /// <summary>Somebody adds an event with another program.</summary>
    public Task AddAsync(string name, string title) => account.PutSimpleEventAsync(calendar, name, title, "20270314T090000Z", "20270314T100000Z");

    /// <summary>Somebody renames an event, if it is still there under that title.</summary>
    public async Task<bool> RenameAsync(string title, string newTitle)
    {
        if (await FindAsync(title) is not { } found)
        {
            return false;
        }

        return await IsDoneAsync(() => account.PutEventAsync(
            calendar, found.Name, found.Text.Replace($"SUMMARY:{title}", $"SUMMARY:{newTitle}", StringComparison.Ordinal), found.Etag));
    }

    /// <summary>Somebody deletes an event, if it is still there under that title.</summary>
    public async Task<bool> DeleteAsync(string title) =>
        await FindAsync(title) is { } found && await IsDoneAsync(() => account.DeleteEventAsync(calendar, found.Name, found.Etag));

    private async Task<(string Name, string Text, string Etag)?> FindAsync(string title) =>
        Read().FirstOrDefault(entry => entry.Title == title) is { } entry
        && await account.ReadEventAsync(calendar, entry.Name) is var (text, etag)
        && text.Contains($"SUMMARY:{title}\r\n", StringComparison.Ordinal)
            ? (entry.Name, text, etag)
            : null;

    // Refused, or gone: a worker was faster, and the person sees that.
    private static async Task<bool> IsDoneAsync(Func<Task> write)
    {
        try
        {
            await write();
            return true;
        }
        catch (HttpRequestException refused) when (refused.StatusCode is System.Net.HttpStatusCode.PreconditionFailed or System.Net.HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private static string Value(string[] lines, string name) => lines.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..];

    /// <summary>An event of the calendar.</summary>
    internal sealed record Entry(string Name, string Uid, string Title);
}
