using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.Api.Json;

/// <summary>RFC 3339: written in UTC ("2026-03-10T14:00:00Z"), read with any offset. A time without an offset is refused: it is no instant.</summary>
internal sealed class InstantConverter : JsonConverter<Instant>
{
    public static Instant? Parse(string? text) =>
        text is not null && OffsetDateTimePattern.Rfc3339.Parse(text.ToUpperInvariant()) is { Success: true } parsed ? parsed.Value.ToInstant() : null;

    public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (reader.TokenType == JsonTokenType.String ? Parse(reader.GetString()) : null)
        ?? throw new JsonException("Write a time as RFC 3339, such as 2026-03-10T14:00:00Z.");

    public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) =>
        writer.WriteStringValue(InstantPattern.ExtendedIso.Format(value));
}

/// <summary>A day: "2026-03-10".</summary>
internal sealed class LocalDateConverter : JsonConverter<LocalDate>
{
    public static LocalDate? Parse(string? text) =>
        text is not null && LocalDatePattern.Iso.Parse(text) is { Success: true } parsed ? parsed.Value : null;

    public override LocalDate Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (reader.TokenType == JsonTokenType.String ? Parse(reader.GetString()) : null)
        ?? throw new JsonException("Write a date as 2026-03-10.");

    public override void Write(Utf8JsonWriter writer, LocalDate value, JsonSerializerOptions options) =>
        writer.WriteStringValue(LocalDatePattern.Iso.Format(value));
}
