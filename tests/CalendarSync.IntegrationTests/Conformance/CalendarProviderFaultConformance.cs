using CalendarSync.Core.Model;
using CalendarSync.Core.Providers;
using NodaTime;

namespace CalendarSync.IntegrationTests.Conformance;

/// <summary>
/// What every provider keeps to, whatever goes wrong on the way: nothing is said to be deleted that is there, the cursor never moves past
/// a change that was not given, a write that is repeated until it is confirmed is there once, and afterwards all is as if nothing had been.
/// </summary>
public abstract class CalendarProviderFaultConformance
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<ConformanceCalendar> CreateCalendarAsync();

    // The seed draws the faults and their moments; the ids of events are new each time.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Under_random_faults_nothing_is_lost_invented_or_doubled(int seed)
    {
        await using var calendar = await CreateCalendarAsync();
        var disturbed = (IDisturbedCalendar)calendar;
        var dice = new Dice(seed);
        var world = new World(calendar, dice);
        await world.AddAsync(9);

        for (var round = 0; round < 6; round++)
        {
            await world.EditAsync();
            disturbed.Disturb(dice);
            disturbed.Disturb(dice);
            await world.PushAsync();
            await world.PullAsync();
        }

        disturbed.Heal();
        await world.PushAsync();
        for (var calm = 0; calm < 2; calm++)
        {
            // A second time, as a forgotten cursor ends the first.
            await world.PullAsync();
        }

        await world.AssertAgreesAsync();
        Assert.Equal(0, await world.PullAsync());
    }

    /// <summary>What is really there, and what a caller that follows the contract makes of what it is told.</summary>
    private sealed class World(ConformanceCalendar calendar, Dice dice)
    {
        private static readonly EventTime Start = new EventTime.AllDay(new LocalDate(2026, 3, 14));
        private static readonly EventTime End = new EventTime.AllDay(new LocalDate(2026, 3, 15));

        private readonly Dictionary<string, string> _outside = [];
        private readonly Dictionary<string, (string? Etag, string Title)> _held = [];
        private readonly HashSet<string> _unreadable = [];
        private readonly List<EventIdentity> _unconfirmed = [];
        private string? _cursor;

        public async Task AddAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var title = $"Event {dice.Roll(1_000_000)}";
                _outside[await calendar.AddOutsideAsync(title)] = title;
            }
        }

        public async Task EditAsync()
        {
            await AddAsync(dice.Roll(3));
            var ids = _outside.Keys.Order(StringComparer.Ordinal).ToArray();
            var edited = ids[dice.Roll(ids.Length)];
            _outside[edited] = $"Edited {dice.Roll(1_000_000)}";
            await calendar.EditOutsideAsync(edited, _outside[edited]);
            if (ids.Length > 4 && ids[dice.Roll(ids.Length)] is var deleted && deleted != edited)
            {
                _outside.Remove(deleted);
                await calendar.DeleteOutsideAsync(deleted);
            }
        }

        /// <summary>Creates two, and whatever was not confirmed so far.</summary>
        public async Task PushAsync()
        {
            _unconfirmed.AddRange([NewIdentity(), NewIdentity()]);
            var creates = _unconfirmed.Select(identity => new WriteOperation.Create(identity, new CalendarEvent(new EventContent(identity.Uid, null, null, Start, End)))).ToArray();
            try
            {
                var results = await calendar.Provider.PushAsync(calendar.Account, calendar.CalendarId, creates, Cancellation);
                foreach (var (create, result) in creates.Zip(results))
                {
                    if (result is WriteResult.Stored stored)
                    {
                        // An earlier try may have happened and been edited since.
                        Assert.Equal(_outside.GetValueOrDefault(stored.Version.ExternalId, create.Identity.Uid), stored.Version.Event.Content.Title);
                        _unconfirmed.Remove(create.Identity);
                    }
                    else
                    {
                        Assert.IsType<WriteResult.Failed>(result);
                    }
                }
            }
            catch (ProviderException e)
            {
                Assert.Contains(e.Fault, new[] { ProviderFault.Transient, ProviderFault.RateLimited });
            }

            await FindOwnAsync(creates);
        }

        /// <summary>Pulls once.</summary>
        /// <returns>How many changes were given.</returns>
        public async Task<int> PullAsync()
        {
            var (named, changes) = (new HashSet<string>(), 0);
            try
            {
                await foreach (var page in calendar.Provider.PullAsync(calendar.Account, new PullRequest(calendar.CalendarId, _cursor, KnownAsync, DateTimeZone.Utc), Cancellation))
                {
                    changes += page.Changes.Length;
                    named.UnionWith(page.Unchanged);
                    foreach (var change in page.Changes)
                    {
                        named.Add(change.ExternalId);
                        Apply(change);
                    }

                    if (page.NextCursor is null)
                    {
                        continue;
                    }

                    _cursor = page.NextCursor;
                    if (page.IsComplete)
                    {
                        foreach (var absent in _held.Keys.Except(named).ToArray())
                        {
                            Apply(new RemoteChange.Deleted(absent));
                        }
                    }
                }
            }
            catch (ProviderException e)
            {
                Assert.Contains(e.Fault, new[] { ProviderFault.Transient, ProviderFault.RateLimited, ProviderFault.CursorExpired });
                _cursor = e.Fault == ProviderFault.CursorExpired ? null : _cursor;
            }

            return changes;
        }

        public async Task AssertAgreesAsync()
        {
            Assert.Empty(_unconfirmed);
            foreach (var change in await calendar.Provider.FetchAsync(calendar.Account, calendar.CalendarId, [.. _unreadable], Cancellation))
            {
                Apply(change);
            }

            Assert.Empty(_unreadable);
            Assert.Equal(_outside.OrderBy(e => e.Key), _held.Select(e => KeyValuePair.Create(e.Key, e.Value.Title)).OrderBy(e => e.Key));
        }

        private static EventIdentity NewIdentity() => new(new RowanEventId(Guid.NewGuid()), 0);

        // Whether a write that failed has happened is for the server to say; here the other client is asked.
        private async Task FindOwnAsync(IEnumerable<WriteOperation.Create> creates)
        {
            foreach (var create in creates)
            {
                var id = calendar.Provider.ExternalIdOf(calendar.CalendarId, create.Identity)!;
                if (!_outside.ContainsKey(id) && await calendar.ReadOutsideAsync(id) is not null)
                {
                    _outside[id] = create.Identity.Uid;
                }
            }
        }

        private void Apply(RemoteChange change)
        {
            switch (change)
            {
                case RemoteChange.Present present:
                    Assert.True(_outside.ContainsKey(present.ExternalId), "An event is given that is not there.");
                    _held[present.ExternalId] = (present.Etag, present.Event.Content.Title);
                    _unreadable.Remove(present.ExternalId);
                    break;
                case RemoteChange.Deleted deleted:
                    Assert.False(_outside.ContainsKey(deleted.ExternalId), "An event is said to be deleted that is there.");
                    _held.Remove(deleted.ExternalId);
                    _unreadable.Remove(deleted.ExternalId);
                    break;
                default:
                    _unreadable.Add(change.ExternalId);
                    break;
            }
        }

        private ValueTask<IReadOnlyDictionary<string, string?>> KnownAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyDictionary<string, string?>>(_held.ToDictionary(e => e.Key, e => e.Value.Etag));
    }
}
