using CalendarSync.Core.Providers;
using CalendarSync.IntegrationTests.CalDav;
using CalendarSync.IntegrationTests.Conformance;

namespace CalendarSync.IntegrationTests.Sync;

/// <summary>The calendar in memory keeps the promises of a real provider, or the tests that stand on it prove nothing.</summary>
public sealed class FakeConformanceTests : CalendarProviderConformance
{
    protected override Task<ConformanceCalendar> CreateCalendarAsync() => Task.FromResult<ConformanceCalendar>(new FakeConformanceCalendar());
}

public sealed class FakeFaultConformanceTests : CalendarProviderFaultConformance
{
    protected override Task<ConformanceCalendar> CreateCalendarAsync() => Task.FromResult<ConformanceCalendar>(new FakeConformanceCalendar());
}

internal sealed class FakeConformanceCalendar : ConformanceCalendar, IDisturbedCalendar
{
    private readonly FakeCalendarProvider _fake = new() { Password = "canary-password", PageSize = 4 };

    public override ICalendarProvider Provider => _fake;

    public override ProviderAccount Account { get; } = CalDavHost.Account(new Uri("http://127.0.0.1:1/"));

    public override string CalendarId => FakeCalendarProvider.Calendar;

    public override int Requests => _fake.Pulls + _fake.Lists;

    public override Task<string> AddOutsideAsync(string title) => Task.FromResult(_fake.Put(title, "2026-03-14T10:00:00"));

    public override Task EditOutsideAsync(string externalId, string title)
    {
        _fake.Edit(externalId, content => content with { Title = title });
        return Task.CompletedTask;
    }

    public override Task DeleteOutsideAsync(string externalId)
    {
        _fake.Remove(externalId);
        return Task.CompletedTask;
    }

    public override Task<string?> ReadOutsideAsync(string externalId) => Task.FromResult(_fake.Events.TryGetValue(externalId, out var stored) ? stored.Content.Title : null);

    public override async Task<string> AddUnreadableAsync()
    {
        var id = await AddOutsideAsync("Unreadable");
        _fake.Unreadable.Add(id);
        return id;
    }

    public override Task DeleteCalendarAsync()
    {
        _fake.RemoveCalendar(FakeCalendarProvider.Calendar);
        return Task.CompletedTask;
    }

    public override string Forget(string cursor)
    {
        _fake.ExpireCursors();
        return cursor;
    }

    public void Disturb(Dice dice)
    {
        var left = dice.Roll(1, 4);
        switch (dice.Roll(4))
        {
            case 0:
                _fake.BeforePage = _ => FailOnce();
                break;
            case 1:
                _fake.BeforeWrite = _ => FailOnce();
                break;
            case 2:
                _fake.AfterWrite = _ => FailOnce();
                break;
            default:
                _fake.ExpireCursors();
                break;
        }

        Task FailOnce() => --left == 0
            ? Task.FromException(new ProviderException(ProviderFault.Transient, "connection_lost", "The connection was lost."))
            : Task.CompletedTask;
    }

    public void Heal()
    {
        _fake.BeforePage = _ => Task.CompletedTask;
        _fake.BeforeWrite = _ => Task.CompletedTask;
        _fake.AfterWrite = _ => Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
