using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Text;

namespace CalendarSync.Core.Persistence;

/// <summary>Rows as one JSON parameter, for <c>jsonb_to_recordset</c>: any number of rows in one statement and one round trip.</summary>
internal static class JsonRows
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new InstantConverter() },
    };

    public static string From<T>(IEnumerable<T> rows) => JsonSerializer.Serialize(rows, Options);

    public static IReadOnlyList<T> To<T>(string rows) => JsonSerializer.Deserialize<List<T>>(rows, Options) ?? [];

    public static T ToOne<T>(string row) => JsonSerializer.Deserialize<T>(row, Options) ?? throw new JsonException("The row is null.");

    public static string FromOne<T>(T row) => JsonSerializer.Serialize(row, Options);

    private sealed class InstantConverter : JsonConverter<Instant>
    {
        public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            InstantPattern.ExtendedIso.Parse(reader.GetString()!).Value;

        public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) =>
            writer.WriteStringValue(InstantPattern.ExtendedIso.Format(value));
    }
}
