using CalendarSync.Core.Model;

namespace CalendarSync.UnitTests.Model;

public sealed class CalendarProvidersTests
{
    [Theory]
    [InlineData(CalendarProvider.Google, "google")]
    [InlineData(CalendarProvider.Apple, "apple")]
    [InlineData(CalendarProvider.Cozi, "cozi")]
    public void A_provider_is_written_as_rowans_enum_writes_it(CalendarProvider provider, string sql) => Assert.Equal(sql, provider.ToSql());

    [Fact]
    public void Every_provider_is_read_back_from_what_was_written() =>
        Assert.All(Enum.GetValues<CalendarProvider>(), provider => Assert.Equal(provider, CalendarProviders.Parse(provider.ToSql())));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Google")]
    [InlineData("outlook")]
    [InlineData("ics")]
    [InlineData("0")]
    public void A_provider_that_is_not_ours_is_not_read(string? value) => Assert.Null(CalendarProviders.Parse(value));

    [Fact]
    public void A_number_that_is_no_provider_cannot_be_written() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ((CalendarProvider)99).ToSql());
}
