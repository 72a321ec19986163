using System.Net.Http.Headers;
using CalendarSync.Core.Providers.CalDav.Wire;
using NodaTime;

namespace CalendarSync.UnitTests.CalDav;

public sealed class RetryAfterTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 3, 29, 1, 0);

    [Fact]
    public void Seconds_count_from_now() => Assert.Equal(Now + Duration.FromSeconds(120), RetryAfter.Read(RetryConditionHeaderValue.Parse("120"), Now));

    [Fact]
    public void A_date_is_that_instant() =>
        Assert.Equal(Instant.FromUtc(2026, 3, 29, 1, 30), RetryAfter.Read(RetryConditionHeaderValue.Parse("Sun, 29 Mar 2026 01:30:00 GMT"), Now));

    [Fact]
    public void A_date_in_the_past_is_now() => Assert.Equal(Now, RetryAfter.Read(RetryConditionHeaderValue.Parse("Sun, 29 Mar 2026 00:30:00 GMT"), Now));

    [Fact]
    public void No_header_says_nothing() => Assert.Null(RetryAfter.Read(null, Now));
}
