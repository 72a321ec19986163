using System.Text.Json;
using CalendarSync.Api.Json;
using NodaTime;

namespace CalendarSync.UnitTests.Api;

public sealed class JsonTests
{
    [Theory]
    [InlineData("2026-03-10T14:00:00Z", "2026-03-10T14:00:00Z")]
    [InlineData("2026-03-10T15:00:00+01:00", "2026-03-10T14:00:00Z")]
    [InlineData("2026-03-10T14:00:00.250Z", "2026-03-10T14:00:00.25Z")]
    [InlineData("2026-03-10t14:00:00z", "2026-03-10T14:00:00Z")]
    public void A_time_is_read_with_any_offset_and_written_in_UTC(string read, string written) =>
        Assert.Equal($"\"{written}\"", JsonSerializer.Serialize(JsonSerializer.Deserialize<Instant>($"\"{read}\"", ApiJson.Options), ApiJson.Options));

    [Theory]
    [InlineData("\"2026-03-10T14:00:00\"")]
    [InlineData("\"2026-03-10\"")]
    [InlineData("\"2026-02-30T14:00:00Z\"")]
    [InlineData("\"\"")]
    [InlineData("5")]
    public void A_text_that_is_no_instant_is_refused(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Instant>(json, ApiJson.Options));

    [Fact]
    public void A_member_of_a_patch_is_absent_or_empty_or_a_value()
    {
        var patch = JsonSerializer.Deserialize<Patch>("""{"empty":null,"value":"x","unknown":1}""", ApiJson.Options)!;
        Assert.Equal((false, (string?)null), (patch.Absent.IsSet, patch.Absent.Value));
        Assert.Equal((true, (string?)null), (patch.Empty.IsSet, patch.Empty.Value));
        Assert.Equal((true, "x"), (patch.Value.IsSet, patch.Value.Value));
        Assert.Equal(("old", (string?)null, "x"), (patch.Absent.Or("old"), patch.Empty.Or("old"), patch.Value.Or("old")));
    }

    [Fact]
    public void A_value_of_the_wrong_type_is_found_by_its_path()
    {
        var fault = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Patch>("""{"when":"tomorrow"}""", ApiJson.Options));
        Assert.Equal("$.when", fault.Path);
    }

    private sealed record Patch
    {
        public Optional<string> Absent { get; init; }

        public Optional<string> Empty { get; init; }

        public Optional<string> Value { get; init; }

        public Optional<Instant?> When { get; init; }
    }
}
