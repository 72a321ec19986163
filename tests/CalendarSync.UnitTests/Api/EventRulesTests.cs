using CalendarSync.Api.Features.Events.Create;

namespace CalendarSync.UnitTests.Api;

public sealed class EventRulesTests
{
    [Theory]
    [InlineData("none", true)]
    [InlineData("daily", true)]
    [InlineData("biweekly", true)]
    [InlineData("quarterly", true)]
    [InlineData("weekly:", true)]
    [InlineData("weekly:0,6", true)]
    [InlineData("weekly:7", false)]
    [InlineData("weekly:1,", false)]
    [InlineData("monthly:1,15", true)]
    [InlineData("monthly:", false)]
    [InlineData("hourly", false)]
    [InlineData("FREQ=WEEKLY;BYDAY=FR", true)]
    [InlineData("RRULE:FREQ=DAILY;COUNT=3", true)]
    [InlineData("INTERVAL=2;FREQ=YEARLY", true)]
    [InlineData("FREQ=WEEKLY;", false)]
    [InlineData("FREQ=WEEKLY\r\nATTACH:x", false)]
    [InlineData("FREQ=SECONDLY", false)]
    [InlineData("""{"pattern":"weekly","interval":2,"days_of_week":[1]}""", true)]
    [InlineData("""{"pattern":"hourly"}""", false)]
    [InlineData("""{"pattern":7}""", false)]
    [InlineData("""{"interval":2}""", false)]
    [InlineData("{", false)]
    [InlineData("[]", false)]
    public void A_repetition_is_one_of_Rowans_dialects_or_a_rule_of_iCalendar(string pattern, bool accepted)
    {
        var result = new Validator().Validate(new Request { SpaceId = Guid.NewGuid(), Title = "x", RecurrencePattern = pattern });
        Assert.Equal(accepted, result.IsValid);
    }
}
