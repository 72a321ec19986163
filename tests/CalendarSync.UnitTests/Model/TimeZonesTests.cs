using CalendarSync.Core.Model;
using CsCheck;
using NodaTime;
using NodaTime.TimeZones;

namespace CalendarSync.UnitTests.Model;

public sealed class TimeZonesTests
{
    [Theory]
    [InlineData("Europe/Berlin", "Europe/Berlin")]
    [InlineData("W. Europe Standard Time", "Europe/Berlin")]
    [InlineData("Eastern Standard Time", "America/New_York")]
    [InlineData("UTC", "UTC")]
    [InlineData("Etc/UTC", "UTC")]
    [InlineData("Z", "UTC")]
    [InlineData("GMT", "UTC")]
    public void A_zone_is_found_by_its_iana_or_windows_name(string name, string id) => Assert.Equal(id, TimeZones.Find(name)?.Id);

    [Theory]
    [InlineData("US/Eastern", "America/New_York")]
    [InlineData("Asia/Calcutta", "Asia/Kolkata")]
    public void An_old_name_of_a_zone_has_the_same_clock(string old, string today)
    {
        var instant = Instant.FromUtc(2026, 7, 1, 12, 0);

        Assert.Equal(TimeZones.Get(today).GetUtcOffset(instant), TimeZones.Get(old).GetUtcOffset(instant));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("Customized Time Zone")]
    [InlineData("europe/berlin")]
    public void A_name_that_means_nothing_finds_nothing(string? name) => Assert.Null(TimeZones.Find(name));

    [Fact]
    public void Asking_for_a_zone_that_must_exist_names_the_one_that_does_not() =>
        Assert.Contains("'Mars/Olympus'", Assert.Throws<DateTimeZoneNotFoundException>(() => TimeZones.Get("Mars/Olympus")).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_windows_name_that_is_mapped_finds_a_zone() =>
        Assert.All(TzdbDateTimeZoneSource.Default.WindowsMapping.PrimaryMapping.Keys, name => Assert.NotNull(TimeZones.Find(name)));

    [Fact]
    public void Every_iana_id_that_we_ship_finds_a_zone() =>
        Assert.All(TzdbDateTimeZoneSource.Default.GetIds(), id => Assert.NotNull(TimeZones.Find(id)));

    [Fact]
    public void Any_text_can_be_asked_for() => Gen.String.Sample(text => _ = TimeZones.Find(text));
}
