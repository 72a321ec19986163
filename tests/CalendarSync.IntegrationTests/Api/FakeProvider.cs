using System.Collections.Concurrent;
using System.Collections.Immutable;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using NodaTime;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>A provider that answers as the test says, by account. The API lists calendars and does nothing else with a provider.</summary>
internal sealed class FakeProvider : ICalendarProvider
{
    public const string GoodPassword = "good-pass-word-here";

    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task<ImmutableArray<RemoteCalendar>>>> _answers = new();

    public CalendarProvider Provider => CalendarProvider.Apple;

    public ProviderCapabilities Capabilities { get; } = new() { MaxBatch = 50 };

    /// <summary>Accounts that were asked with the good password.</summary>
    public ConcurrentBag<ProviderAccount> Asked { get; } = [];

    public static ImmutableArray<RemoteCalendar> Calendars { get; } =
    [
        new("/shared/", "canary-calendar holidays", ReadOnly: true),
        new("/home/", "canary-calendar home", "#FF0000", "Europe/Berlin", Ctag: "c1", SyncToken: "t1"),
        new("/work/", "canary-calendar work"),
    ];

    public void Answer(string account, Func<CancellationToken, Task<ImmutableArray<RemoteCalendar>>> answer) => _answers[account] = answer;

    public void Fail(string account, ProviderException fault) => Answer(account, _ => Task.FromException<ImmutableArray<RemoteCalendar>>(fault));

    public async Task<ImmutableArray<RemoteCalendar>> ListCalendarsAsync(ProviderAccount account, CancellationToken cancellationToken)
    {
        if (await account.ReadSecretAsync(SecretKind.AppSpecificPassword, cancellationToken) != GoodPassword)
        {
            throw new ProviderException(ProviderFault.AuthExpired, "invalid_credentials", "The calendar server does not accept this user name and password.");
        }

        Asked.Add(account);
        return _answers.TryGetValue(account.AccountId, out var answer) ? await answer(cancellationToken) : Calendars;
    }

    public IAsyncEnumerable<ChangePage> PullAsync(ProviderAccount account, PullRequest request, CancellationToken cancellationToken) => throw NotAsked();

    public Task<ImmutableArray<RemoteChange>> FetchAsync(
        ProviderAccount account, string calendarId, IReadOnlyCollection<string> eventIds, CancellationToken cancellationToken) => throw NotAsked();

    public CalendarEvent ReadPayload(string payload, DateTimeZone defaultZone) => throw NotAsked();

    public string? ExternalIdOf(string calendarId, EventIdentity identity) => throw NotAsked();

    public Task<ImmutableArray<WriteResult>> PushAsync(
        ProviderAccount account, string calendarId, IReadOnlyList<WriteOperation> operations, CancellationToken cancellationToken) => throw NotAsked();

    private static InvalidOperationException NotAsked() => new("The API must not do this: it is the worker's.");
}
