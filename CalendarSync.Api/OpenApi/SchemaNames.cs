using CalendarSync.Api.Json;
using NodaTime;

namespace CalendarSync.Api.OpenApi;

/// <summary>What types are called in the API document.</summary>
internal static class SchemaNames
{
    private const string Features = "CalendarSync.Api.Features.";

    /// <summary>
    /// Slices call their types Request and Response: in one document they go by their feature, such as "EventsCreateRequest"; an
    /// "EventBody" is an "Event" to readers.
    /// </summary>
    /// <returns><c>null</c> for a type that is written where it is used.</returns>
    public static string? Of(Type type, string name)
    {
        var value = Nullable.GetUnderlyingType(type) ?? type;
        if (value == typeof(Instant) || value == typeof(LocalDate) || (value.IsGenericType && value.GetGenericTypeDefinition() == typeof(Optional<>)))
        {
            return null;
        }

        return type.Name is "Request" or "Response" ? OfFeature(type) + type.Name : Trim(Trim(name, "Body"), "Document");
    }

    /// <summary>"EventsCreate" for a type of the slice <c>Features/Events/Create</c>.</summary>
    public static string OfFeature(Type type) => type.Namespace is { } space && space.StartsWith(Features, StringComparison.Ordinal)
        ? space[Features.Length..].Replace(".", "", StringComparison.Ordinal)
        : "";

    private static string Trim(string name, string suffix) => name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name;
}
