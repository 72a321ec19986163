using System.Text.Json;
using System.Text.Json.Serialization;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Our position in a calendar. Opaque to everyone else, with a version so that later forms can tell it from theirs.</summary>
/// <param name="Origin">The address of the calendar, so that a pass without news needs one request and no discovery.</param>
/// <param name="SyncToken">RFC 6578; <c>null</c> where the server has none.</param>
/// <param name="Ctag">Read before the listing that it stands for; <c>null</c> where the server has none.</param>
internal sealed record CalDavCursor(
    [property: JsonPropertyName("u")] Uri Origin,
    [property: JsonPropertyName("t")] string? SyncToken,
    [property: JsonPropertyName("c")] string? Ctag)
{
    /// <summary>The version of this form.</summary>
    [JsonPropertyName("v")]
    public int Version { get; init; } = 1;

    /// <summary>Reads a cursor.</summary>
    /// <returns><c>null</c> for one that is not of this form: the calendar is then compared in full.</returns>
    public static CalDavCursor? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, CursorJson.Default.CalDavCursor) is { Version: 1, Origin.IsAbsoluteUri: true } cursor ? cursor : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => JsonSerializer.Serialize(this, CursorJson.Default.CalDavCursor);
}

[JsonSerializable(typeof(CalDavCursor))]
internal sealed partial class CursorJson : JsonSerializerContext;
