using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Crash;

/// <summary>
/// The moments between two effects of a pass, each brought about for a family of its own: a request or an answer is held, or a lock that
/// the next statement wants. All of them stand at the same time, so one kill tries them all.
/// </summary>
internal sealed class CrashWindows(CrashSystem system) : IAsyncDisposable
{
    private readonly Dictionary<string, CrashFamily> _families = [];
    private readonly List<CalendarTap.Hold> _holds = [];
    private readonly List<Blocker> _blockers = [];

    public IReadOnlyDictionary<string, CrashFamily> Families => _families;

    private CalendarTap Tap => system.Tap;

    private TestDatabase Database => system.Database;

    /// <summary>Makes families that are in step, each with an event of either side. A worker has to run.</summary>
    public async Task PrepareAsync()
    {
        foreach (var name in Edits.Keys)
        {
            var family = await system.CreateFamilyAsync();
            await family.AddInsideAsync();
            await family.AddOutsideAsync();
            _families[name] = family;
        }

        await system.SettleAsync();
    }

    /// <summary>Brings every family to its moment.</summary>
    public Task ReachAsync() => Task.WhenAll([
        .. Edits.Select(edit => edit.Value(_families[edit.Key])),
        .. Imports.Select(async import =>
        {
            // Twelve events are three pages; the reader is one page ahead of the writer.
            var family = await system.CreateFamilyAsync(members: 0);
            lock (_families)
            {
                _families[import.Key] = family;
            }

            for (var i = 0; i < 12; i++)
            {
                await family.AddOutsideAsync();
            }

            await family.AddInsideAsync();
            await import.Value(family);
        }),
    ]);

    /// <summary>What becomes of it when the worker has died: what was not sent is lost, and its sessions end.</summary>
    public async Task LoseAsync()
    {
        _holds.ForEach(hold => hold.Drop());
        foreach (var blocker in _blockers)
        {
            await blocker.EndWaitingAsync();
        }

        await UnblockAsync();
    }

    /// <summary>Takes the locks away, whoever waits for them.</summary>
    public async Task UnblockAsync()
    {
        foreach (var blocker in _blockers)
        {
            await blocker.DisposeAsync();
        }

        _blockers.Clear();
    }

    /// <summary>What was held arrives after all.</summary>
    public void ArriveLate() => _holds.ForEach(hold => hold.Release());

    public async ValueTask DisposeAsync()
    {
        ArriveLate();
        await UnblockAsync();
    }

    private Dictionary<string, Func<CrashFamily, Task>> Edits => new()
    {
        ["a create that has not arrived"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Method == "PUT");
            await family.AddInsideAsync();
            await hold.Reached;
        },
        ["a create without its answer"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.After, r => r.Method == "PUT");
            await family.AddInsideAsync();
            await hold.Reached;
        },
        ["a create that is being read back"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Reads);
            await family.AddInsideAsync();
            await hold.Reached;
        },
        ["a create whose outcome is not stored"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.After, r => r.Method == "PUT");
            await family.AddInsideAsync();
            await AtTheOutcomeAsync(family, hold);
        },
        ["a change that has not arrived"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Method == "PUT");
            await family.EditInsideAsync(await AnyAsync(family));
            await hold.Reached;
        },
        ["a change without its answer"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.After, r => r.Method == "PUT");
            await family.EditInsideAsync(await AnyAsync(family));
            await hold.Reached;
        },
        ["a change whose outcome is not stored"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.After, r => r.Method == "PUT");
            await family.EditInsideAsync(await AnyAsync(family));
            await AtTheOutcomeAsync(family, hold);
        },
        ["a refused change that is being read again"] = async family =>
        {
            var title = await AnyAsync(family);
            var sent = Hold(family, CalendarTap.Side.Before, r => r.Method == "PUT");
            await family.EditInsideAsync(title);
            await sent.Reached;
            await family.EditOutsideAsync(title);
            var reading = Hold(family, CalendarTap.Side.Before, r => r.Reads);
            sent.Release();
            await reading.Reached;
        },
        ["an edit between a push and its outcome"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.After, r => r.Method == "PUT");
            var title = await family.EditInsideAsync(await AnyAsync(family));
            await hold.Reached;
            await family.EditInsideAsync(title!);
            await AtTheOutcomeAsync(family, hold);
        },
        ["a deletion that has not arrived"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Method == "DELETE");
            await family.DeleteInsideAsync(await AnyAsync(family));
            await hold.Reached;
        },
        ["a deletion without its answer"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.After, r => r.Method == "DELETE");
            await family.DeleteInsideAsync(await AnyAsync(family));
            await hold.Reached;
        },
        ["a deletion whose outcome is not stored"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.After, r => r.Method == "DELETE");
            await family.DeleteInsideAsync(await AnyAsync(family));
            await AtTheOutcomeAsync(family, hold);
        },
        ["changes that are stored while the cursor is not moved"] = async family =>
        {
            var titles = family.Outside.Read().Select(entry => entry.Title).ToList();
            await family.EditOutsideAsync(titles[0]);
            await family.DeleteOutsideAsync(titles[1]);
            await family.AddOutsideAsync();
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Reads);
            await family.RequestAsync();
            await AtTheCursorAsync(family, hold);
        },
        ["a pass whose end is not stored"] = async family =>
        {
            await family.AddOutsideAsync();
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Reads);
            await family.RequestAsync();
            await hold.Reached;
            await BlockAsync(family, hold, "select 1 from calendar_sync_logs where connection_id = @Connection and status = 'in_progress' for update");
        },
    };

    private Dictionary<string, Func<CrashFamily, Task>> Imports => new()
    {
        ["a first import before its first page"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Reads);
            await system.ConnectAsync(family);
            await hold.Reached;
        },
        ["a first import between two pages"] = async family =>
        {
            var pages = 0;
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Reads && Interlocked.Increment(ref pages) == 3);
            await system.ConnectAsync(family);
            await hold.Reached;
        },
        ["a first import whose page is not stored"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Reads);
            await system.ConnectAsync(family);
            await hold.Reached;
            await BlockAsync(family, hold, "select pg_advisory_xact_lock(hashtextextended('calendar_sync.import:' || @Space::text, 0))");
        },
        ["a first import that is stored while the cursor is not moved"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Reads);
            await system.ConnectAsync(family);
            await AtTheCursorAsync(family, hold);
        },
        ["a first import whose cursor is moved and that is not complete"] = async family =>
        {
            var hold = Hold(family, CalendarTap.Side.Before, r => r.Reads);
            await system.ConnectAsync(family);
            await hold.Reached;

            // Rowan's event is queued last; somebody else is just queueing it.
            await BlockAsync(
                family,
                hold,
                "insert into calendar_sync_queue (event_id, connection_id, operation) select id, @Connection, 'update' from events where space_id = @Space and ical_uid is null");
        },
    };

    private static async Task<string> AnyAsync(CrashFamily family) => (await family.TitlesAsync())[0];

    private CalendarTap.Hold Hold(CrashFamily family, CalendarTap.Side side, Func<CalendarTap.Request, bool> fits)
    {
        var hold = Tap.HoldNext(side, request => request.Path.Contains(family.Login, StringComparison.Ordinal) && fits(request));
        lock (_holds)
        {
            _holds.Add(hold);
        }

        return hold;
    }

    private async Task AtTheOutcomeAsync(CrashFamily family, CalendarTap.Hold hold)
    {
        await hold.Reached;
        await BlockAsync(family, hold, "select 1 from calendar_connections where id = @Connection for update");
    }

    private async Task AtTheCursorAsync(CrashFamily family, CalendarTap.Hold hold)
    {
        await hold.Reached;
        await BlockAsync(family, hold, "select 1 from calendar_connection_calendars where connection_id = @Connection for update");
    }

    private async Task BlockAsync(CrashFamily family, CalendarTap.Hold hold, string sql)
    {
        var blocker = await Blocker.HoldAsync(Database, sql, new { Connection = family.Connections[0].Value, Space = family.Space.Value });
        lock (_blockers)
        {
            _blockers.Add(blocker);
        }

        hold.Release();
        await blocker.SomebodyWaitsAsync();
    }
}
