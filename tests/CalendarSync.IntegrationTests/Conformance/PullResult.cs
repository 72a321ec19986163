using CalendarSync.Core.Providers;
using NodaTime;

namespace CalendarSync.IntegrationTests.Conformance;

/// <summary>The pages of a pull, taken together as a caller would.</summary>
public sealed record PullResult(IReadOnlyList<ChangePage> Pages)
{
    public IReadOnlyList<RemoteChange> Changes => [.. Pages.SelectMany(p => p.Changes)];

    public IReadOnlyList<RemoteChange.Present> Present => [.. Changes.OfType<RemoteChange.Present>()];

    public IReadOnlyList<string> Unchanged => [.. Pages.SelectMany(p => p.Unchanged)];

    public bool IsComplete => Pages[^1].IsComplete;

    public string Cursor => Pages[^1].NextCursor!;

    /// <summary>What we would hold after this pull.</summary>
    public IReadOnlyDictionary<string, string?> Known => Present.ToDictionary(p => p.ExternalId, p => p.Etag);

    public static async Task<PullResult> OfAsync(
        ConformanceCalendar calendar, string? cursor = null, IReadOnlyDictionary<string, string?>? known = null, ProviderAccount? account = null)
    {
        var pages = new List<ChangePage>();
        var asked = 0;
        var request = new PullRequest(
            calendar.CalendarId,
            cursor,
            _ =>
            {
                asked++;
                return ValueTask.FromResult(known ?? new Dictionary<string, string?>());
            },
            DateTimeZone.Utc);
        await foreach (var page in calendar.Provider.PullAsync(account ?? calendar.Account, request, TestContext.Current.CancellationToken))
        {
            pages.Add(page);
        }

        // The contract holds in every pull of every test.
        Assert.NotNull(pages[^1].NextCursor);
        Assert.All(pages[..^1], page => Assert.Null(page.NextCursor));
        Assert.InRange(asked, 0, 1);
        return new PullResult(pages);
    }
}
