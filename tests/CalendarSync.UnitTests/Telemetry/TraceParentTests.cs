using System.Diagnostics;
using CalendarSync.Core.Telemetry;

namespace CalendarSync.UnitTests.Telemetry;

public sealed class TraceParentTests
{
    [Fact]
    public void What_happens_in_a_span_carries_its_trace_into_another_process()
    {
        using var activity = new Activity("edit").SetIdFormat(ActivityIdFormat.W3C).Start();

        var link = Assert.Single(TraceParent.Links([TraceParent.Current]));

        Assert.Equal((activity.TraceId, activity.SpanId), (link.Context.TraceId, link.Context.SpanId));
    }

    [Fact]
    public void Without_a_span_there_is_nothing_to_carry() => Assert.Null(TraceParent.Current);

    [Fact]
    public void The_same_cause_is_linked_once_and_what_is_no_trace_is_left_out()
    {
        const string known = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        Assert.Single(TraceParent.Links([known, known, null, "", "00-garbage", "00-00000000000000000000000000000000-0000000000000000-00"]));
    }
}
