using System.Text.Json;
using System.Text.Json.Serialization;

namespace CalendarSync.Api.Json;

// A member of a PATCH body: absent means "leave it", null means "empty it". default is absent. No doc comment: the API document would
// repeat it at every member.
internal readonly record struct Optional<T>
{
    public Optional(T? value)
    {
        Value = value;
        IsSet = true;
    }

    /// <summary>The member is in the body.</summary>
    public bool IsSet { get; }

    /// <summary>What the body says; <c>default</c> where it says nothing.</summary>
    public T? Value { get; }

    /// <summary>What holds after the patch.</summary>
    public T? Or(T? current) => IsSet ? Value : current;
}

internal sealed class OptionalConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Optional<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class Converter<T> : JsonConverter<Optional<T>>
    {
        /// <summary>JSON null is a value here, so the converter has to see it.</summary>
        public override bool HandleNull => true;

        public override Optional<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.TokenType == JsonTokenType.Null ? default : Inner(options).Read(ref reader, typeof(T), options));

        public override void Write(Utf8JsonWriter writer, Optional<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Value, options);

        /// <summary>Called directly, and not through a deserialisation of its own, so that a fault keeps its path.</summary>
        private static JsonConverter<T> Inner(JsonSerializerOptions options) => (JsonConverter<T>)options.GetConverter(typeof(T));
    }
}
