using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using NodaTime;

namespace CalendarSync.IntegrationTests.CalDav;

/// <summary>What servers do when they do not behave, and what becomes of it. Numbers are those of the scenarios.</summary>
public abstract class CalDavFaults : IAsyncLifetime
{
    private protected const string Calendar = "/home/cal/";

    private protected static readonly CalendarEvent Dinner = new(new EventContent(
        "Dinner", null, null, new EventTime.Zoned(new LocalDateTime(2026, 3, 28, 19, 30), "UTC"), new EventTime.Zoned(new LocalDateTime(2026, 3, 28, 21, 0), "UTC")));

    private readonly CalDavHost _host = new();

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected FaultyServer Server { get; private set; } = null!;

    private protected ICalendarProvider Provider => _host.Provider;

    private protected ProviderAccount Account => field ??= CalDavHost.Account(Server.Url);

    public async ValueTask InitializeAsync() => Server = await FaultyServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _host.DisposeAsync();
        await Server.DisposeAsync();
    }

    private protected static EventIdentity NewIdentity() => new(new RowanEventId(Guid.NewGuid()), 0);

    private protected static async Task<bool> Answered(Task answer)
    {
        await answer;
        return true;
    }

    private protected async Task<List<ChangePage>> PullAsync(string? cursor = null, Dictionary<string, string?>? known = null)
    {
        var pages = new List<ChangePage>();
        var request = new PullRequest(Calendar, cursor, _ => ValueTask.FromResult<IReadOnlyDictionary<string, string?>>(known ?? []), DateTimeZone.Utc);
        await foreach (var page in Provider.PullAsync(Account, request, Cancellation))
        {
            pages.Add(page);
        }

        return pages;
    }

    private protected async Task<WriteResult> PushAsync(WriteOperation operation) =>
        Assert.Single(await Provider.PushAsync(Account, Calendar, [operation], Cancellation));
}
