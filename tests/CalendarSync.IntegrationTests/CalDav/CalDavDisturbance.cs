using CalendarSync.IntegrationTests.Conformance;
using CalendarSync.IntegrationTests.Fixtures.Faults;

namespace CalendarSync.IntegrationTests.CalDav;

/// <summary>
/// One fault, drawn at random, at a random moment. Only what a client can find out about: a delta that lacks a change and says nothing
/// of it looks like one in which nothing happened.
/// </summary>
internal static class CalDavDisturbance
{
    public static void Add(FaultProxy proxy, Dice dice, string calendarPath)
    {
        (string? Method, string? Body, FaultStep Fault)[] faults =
        [
            (null, null, Fault.DropBefore),
            (null, null, Fault.DropAfter),
            ("PUT", null, Fault.DropAfter),
            (null, null, Fault.CutOff(dice.Roll(200))),
            ("REPORT", null, Fault.Shorten(dice.Roll(800))),
            (null, null, Fault.Status(503)),
            (null, null, Fault.Status(429, retryAfter: "30")),
            (null, null, Fault.Status(503, retryAfter: Fault.HttpDate(DateTimeOffset.UnixEpoch))),
            ("PUT", null, Fault.StatusAfter(502)),
            ("REPORT", "sync-collection", Fault.Status(dice.Roll(2) == 0 ? 410 : 400)),
            ("REPORT", "sync-collection", DavFault.Refuse(dice.Roll(2) == 0 ? 403 : 409, "{DAV:}valid-sync-token")),
            ("REPORT", "calendar-multiget", Fault.Status(dice.Roll(2) == 0 ? 413 : 500)),
            ("REPORT", "calendar-multiget", DavFault.Ghost($"{dice.Roll(16):x}.ics", $"{dice.Roll(16):x}.ics")),
            ("REPORT", "calendar-query", DavFault.CutShort(dice.Roll(3), calendarPath)),
            (null, null, DavFault.WithoutEtags),
            (null, null, DavFault.AbsoluteHrefs(proxy.Url)),
        ];
        var (method, body, fault) = faults[dice.Roll(faults.Length)];
        if (body is "calendar-query" or "calendar-multiget")
        {
            // A listing that forgets and a multiget that denies at the same time are two witnesses of a deletion.
            proxy.Heal();
        }

        proxy.On(method, body: body).Skip(dice.Roll(4)).Times(dice.Roll(1, 5)).Do(fault);
    }
}
